"""Whose requests are served, and what a rejection for want of credentials says."""

from conformance.contract.requirement import Area, Impact

AREA = Area("auth", Impact.SECURITY)
