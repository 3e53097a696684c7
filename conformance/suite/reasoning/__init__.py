"""Models that reason before they answer: what they accept, what it costs, and where the reasoning is sent."""

from conformance.contract.requirement import Area, Impact

AREA = Area("reasoning", Impact.DATA)
