"""Where clients are installed: a folder that stays from one session to the next, if one is named."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--clients-cache", type=Path, help="folder that clients are installed into, and stay in")


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    named: Path | None = request.config.getoption("--clients-cache")
    return named or tmp_path_factory.mktemp("clients")
