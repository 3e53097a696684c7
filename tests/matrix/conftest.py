"""Sites of reports that are written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.language import LANGUAGES
from conformance.matrix.site import Site
from conformance.matrix.stability import Stability
from conformance.matrix.vendors import Submission, Vendor
from conformance.report.report import Report
from tests.report.render.conftest import HOSTILE, hostile, priced, report, seventy

__all__ = ["hostile", "priced", "report", "seventy"]

STABILITY = Stability("2026-12-01", 10, {"cache.write_total": {"pass": 9, "inconclusive": 1}})


def vendor(slug: str, report: Report, **about: str) -> Vendor:
    return Vendor(slug, (Submission("claude", "0" * 64, "2026.11.0", report, dict.fromkeys(LANGUAGES, ())),), **about)


@pytest.fixture
def site(report: Report) -> Site:
    """Two vendors, one of which was judged on one requirement only."""
    one = replace(report, entries=report.entries[:1])
    return Site([vendor("acme", report, name="Acme"), vendor("other", one)], STABILITY)


@pytest.fixture
def spoilt(hostile: Report) -> Site:
    """Everything that a bundle and a vendor.toml can say is hostile."""
    told = replace(
        hostile,
        base_url=f"http://{HOSTILE}",
        models=tuple(replace(each, name=f"{each.name}{HOSTILE}") for each in hostile.models),
        unjudged=HOSTILE,
    )
    given = Submission("claude", "0" * 64, HOSTILE, told, dict.fromkeys(LANGUAGES, (HOSTILE,) * 3), HOSTILE)
    about = {"name": HOSTILE, "version": HOSTILE, "note": HOSTILE, "link": f"javascript:{HOSTILE}"}
    return Site([Vendor("acme", (given,), **about)], STABILITY)
