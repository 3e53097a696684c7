"""Strict schemas one by one: which keywords of JSON Schema are followed, and what surrounds them."""

from conformance.contract.requirement import Area

AREA = Area("schemas_followed")

CONTENT = "choices.*.message.content"
