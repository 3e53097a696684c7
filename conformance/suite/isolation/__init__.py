"""Requests that are answered at the same time, or one after the other, know nothing of each other."""

from conformance.contract.requirement import Area, Impact

AREA = Area("isolation", Impact.DATA)
