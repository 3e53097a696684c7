"""Images in a prompt: seen, counted, or rejected."""

from conformance.contract.requirement import Area, Impact

AREA = Area("multimodal", Impact.DATA)
