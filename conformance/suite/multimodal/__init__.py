"""Images in a prompt: seen, counted, or rejected."""

from conformance.contract.requirement import Area

AREA = Area("multimodal")
