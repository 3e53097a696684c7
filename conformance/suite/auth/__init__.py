"""Whose requests are served, and what a rejection for want of credentials says."""

from conformance.contract.requirement import Area

AREA = Area("auth")
