"""What is built: a wheel and an sdist of the checkout, once for all tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import PATIENCE, environment

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def ran(*words: str | Path, folder: Path, **variables: str) -> str:
    """What a program prints, which must succeed."""
    ended = subprocess.run(
        [*map(str, words)], cwd=folder, env=environment() | variables, text=True, encoding="utf-8", timeout=PATIENCE,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{' '.join(map(str, words))}: {ended.stdout}"
    return ended.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files by kind. The wheel is built of the sdist."""
    folder = tmp_path_factory.mktemp("built")
    ran(BIN / "uv", "build", "--quiet", "--out-dir", folder, ROOT, folder=folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}
