"""What no response may disclose."""

from conformance.contract.requirement import Area

AREA = Area("security")
