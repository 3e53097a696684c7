"""How a response travels: status, media type, content, message framing, and its request id."""

from conformance.contract.requirement import Area, Impact

AREA = Area("transport", Impact.CLIENTS)
