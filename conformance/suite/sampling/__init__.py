"""Limits of what a model writes, how a reply ends, and the ranges of sampling parameters."""

from conformance.contract.requirement import Area, Impact

AREA = Area("sampling", Impact.DATA)
