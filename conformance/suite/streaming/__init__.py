"""What the chunks of a stream say, one after the other."""

from conformance.contract.requirement import Area, Impact

AREA = Area("streaming", Impact.CLIENTS)
