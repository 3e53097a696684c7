"""A client's environment: its pinned packages in a folder of their own, installed once, with the driver in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock

from conformance.language import say

from .driving import Program
from .listed import Client, Ecosystem

DRIVERS = Path(__file__).parent / "drivers"
LONGEST = 1800  #: seconds that an installation may take
_STAMP = ".installed"
_LAST = 300  #: characters of what a program said that failed


class Unavailable(Exception):
    """A client cannot be had here; the message says why, and what to do."""


def default_cache() -> Path:
    """Where clients are installed, and stay."""
    held = os.environ.get("XDG_CACHE_HOME")
    return (Path(held) if held else Path.home() / ".cache") / "phanedge-conformance" / "clients"


def installed(client: Client, cache: Path) -> Program:
    """The driver of a client, whose packages are installed where they are not yet. Raises Unavailable."""
    folder = (cache / client.environment).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            if _stamp(folder) != (made := _made_from(client)):
                _INSTALLING[client.ecosystem](client, folder)
                (folder / _STAMP).write_text(made, encoding="utf-8")
            return _STARTING[client.ecosystem](client, folder)
    except OSError as error:
        raise Unavailable(say("{folder} cannot be written ({reason})", folder, error.strerror or error)) from None


#: What is compiled into an environment.
_COMPILED: Mapping[Ecosystem, str] = {"go": "driver.go", "java": "Driver.java"}


def _made_from(client: Client) -> str:
    """What tells whether an environment is as it is to be."""
    source = (DRIVERS / _COMPILED[client.ecosystem]).read_bytes() if client.ecosystem in _COMPILED else b""
    return hashlib.sha256(source).hexdigest()


def _stamp(folder: Path) -> str:
    path = folder / _STAMP
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _run(folder: Path, *command: str | Path) -> None:
    """Run a program of the toolchain in a folder. Raises Unavailable."""
    program = str(command[0])
    found = shutil.which(program)
    if found is None:
        raise Unavailable(say("{program} is not on this machine: install it", program))
    try:
        ended = subprocess.run(
            [found, *map(str, command[1:])], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=LONGEST, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unavailable(say("{program} did not end in {seconds} seconds", program, LONGEST)) from None
    if ended.returncode:
        said = " ".join(ended.stdout.decode("utf-8", "replace").split())[-_LAST:]
        raise Unavailable(say("{program} ended with {code}: {said}", Path(program).name, ended.returncode, said))


# --- installing ---------------------------------------------------------------------------------------------


def _install_python(client: Client, folder: Path) -> None:
    _run(folder, sys.executable, "-m", "venv", folder)
    pins = [f"{name}=={version}" for name, version in client.packages.items()]
    _run(folder, _python(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins)


def _install_node(client: Client, folder: Path) -> None:
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    pins = [f"{name}@{version}" for name, version in client.packages.items()]
    _run(folder, "npm", "install", "--no-audit", "--no-fund", "--save-exact", *pins)


def _install_go(client: Client, folder: Path) -> None:
    shutil.copyfile(DRIVERS / "driver.go", folder / "main.go")
    (folder / "go.mod").unlink(missing_ok=True)
    _run(folder, "go", "mod", "init", "driver")
    for name, version in client.packages.items():
        _run(folder, "go", "get", f"{name}@{version}")
    _run(folder, "go", "build", "-o", "driver", ".")


def _install_java(client: Client, folder: Path) -> None:
    ((name, version),) = client.packages.items()
    group, artifact = name.split(":")
    text = (DRIVERS / "pom.xml").read_text(encoding="utf-8")
    for place, value in (("GROUP", group), ("ARTIFACT", artifact), ("VERSION", version)):
        text = text.replace(f"@{place}@", value)
    (folder / "pom.xml").write_text(text, encoding="utf-8")
    _run(folder, "mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib")
    _run(folder, "javac", "-cp", "lib/*", "-d", ".", DRIVERS / "Driver.java")


_INSTALLING: Mapping[Ecosystem, Callable[[Client, Path], None]] = {
    "python": _install_python,
    "node": _install_node,
    "go": _install_go,
    "java": _install_java,
}


# --- starting -----------------------------------------------------------------------------------------------


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _start_python(client: Client, folder: Path) -> Program:
    return Program((str(_python(folder)), str(DRIVERS / "driver.py"), client.name), folder)


def _start_node(client: Client, folder: Path) -> Program:
    """Node looks for packages from where the program lies, so that it is copied there."""
    shutil.copyfile(DRIVERS / "driver.mjs", folder / "driver.mjs")
    return Program((str(folder / "node_modules" / ".bin" / "node"), "driver.mjs", client.name), folder)


def _start_go(client: Client, folder: Path) -> Program:
    return Program((str(folder / "driver"),), folder)


def _start_java(client: Client, folder: Path) -> Program:
    if shutil.which("java") is None:
        raise Unavailable(say("{program} is not on this machine: install it", "java"))
    return Program(("java", "-cp", ".:lib/*", "Driver"), folder)


_STARTING: Mapping[Ecosystem, Callable[[Client, Path], Program]] = {
    "python": _start_python,
    "node": _start_node,
    "go": _start_go,
    "java": _start_java,
}
