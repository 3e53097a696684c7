"""Marks among the features of a request that are no members of it: when a run sends it, and to whom."""

from __future__ import annotations

from conformance.evidence.exchange import Request
from conformance.language import say

from .profile import Model

COSTLY, INTRUSIVE, REASONING, REAL_MODEL = "costly", "intrusive", "reasoning", "real model"
ENDPOINT = "endpoint"  #: a feature of the endpoint, whichever of its models is asked
#: Features of requests, and of requirements (needs_model), that a run may leave out, and why.
LEFT_OUT = {
    INTRUSIVE: say("it could hurt a production endpoint, and is sent with --intrusive only"),
    COSTLY: say("it costs thousands of tokens, and --no-costly leaves it out"),
    REAL_MODEL: say("it needs a real model, and --stub leaves it out"),
}
AS_CLAIMED = "as claimed"
CACHING = frozenset({"cache.explicit", "cache.automatic"})  #: features that follow from the family of a model
#: Why caching is not judged on a model of which no family is known.
NO_FAMILY = say("the model's name tells no family, by which caching is judged: use --model NAME=gpt or NAME=claude")


def left_out(request: Request, model: Model) -> str:
    """Why a run does not send this request to the model; empty where it may."""
    lacking = [name for name in LEFT_OUT if name in request.features and not model.claims(name)]
    return LEFT_OUT[lacking[0]] if lacking else ""
