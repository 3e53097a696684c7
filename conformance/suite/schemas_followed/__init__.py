"""Strict schemas one by one: which keywords of JSON Schema are followed, and what surrounds them."""

from conformance.contract.requirement import Area, Impact

AREA = Area(
    "schemas_followed",
    Impact.DATA,
    after=(
        "structured_output.follows_schema",
        "structured_output.json_object",
    ),
    needs_model=True,
)

CONTENT = "choices.*.message.content"
