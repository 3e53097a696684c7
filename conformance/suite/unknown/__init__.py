"""Parameters that an endpoint, or the model behind it, does not know."""

from conformance.contract.requirement import Area, Impact

AREA = Area("unknown", Impact.CLIENTS, after=("completion.choices",))
