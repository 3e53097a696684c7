"""How the bytes of a stream are cut into events, before anything is said of what the events hold."""

from conformance.contract.requirement import Area, Impact

AREA = Area("framing", Impact.CLIENTS)
