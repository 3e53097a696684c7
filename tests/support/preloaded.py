"""What a forked command has before it begins, in the process that forks it: what a run imports, compiles and caches,
which takes longer than most of what is tested. Imported by that process only (commands.py)."""

from __future__ import annotations

import gc
from importlib import import_module

import conformance

gc.set_threshold(10_000)  # as in the command (conformance/__main__.py)

for name in (
    "conformance.cli",
    "conformance.commands.init",
    "conformance.commands.replay",
    "conformance.commands.reports",
    "conformance.commands.serve",
    "conformance.contract.strategies",
    "conformance.pytest_plugin.hooks",
    "conformance.report.render.junit",
    "conformance.report.render.terminal",
    "conformance.sending.client",
    "hypothesis",
    "syrupy",
    "typer._adapters",
    "typer.rich_utils",
    "xdist.plugin",
):
    import_module(name)

conformance.render(conformance.run(select=["usage.total_tokens.sum_of"]), "html")
gc.freeze()  # what is forked looks for no cycles in what it got
