"""Strict schemas one by one: which keywords of JSON Schema are followed, and what surrounds them."""

from conformance.contract.requirement import Area, Impact

AREA = Area("schemas_followed", Impact.DATA)

CONTENT = "choices.*.message.content"
