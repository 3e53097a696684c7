"""A request as one model is sent it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.evidence.exchange import Request

from .marks import AS_CLAIMED, REASONING
from .profile import Model
from .requests import features_of


def for_model(request: Request, model: Model, salt: str) -> Request:
    """The request as this model is sent it: one that reasons is given a limit large enough for its thoughts, OpenAI's
    and Claude no temperature, and OpenAI's the limit under the newer name (contract, section 3). What is asked of such
    models only stays as it is, and what is wrong in itself for its limit or its temperature."""
    request = _without_unclaimed(request, model)
    if not model.reasons or not request.asked or REASONING in request.features or _wrong_limits(request):
        return request.to(model.name, salt)
    document = _with_room(request.asked, model)
    body = request.body
    if document != request.asked:
        body = json.dumps(document, ensure_ascii=body.isascii()).encode()
    after = for_model(request.after, model, salt) if request.after else None
    return replace(replace(request, body=body).to(model.name, salt), after=after)


def _without_unclaimed(request: Request, model: Model) -> Request:
    if AS_CLAIMED not in request.features:
        return request
    always = ("model", "messages", "max_tokens")
    document = {name: each for name, each in request.asked.items() if name in always or model.claims(f"chat.{name}")}
    return replace(request, body=json.dumps(document, ensure_ascii=False).encode(), features=features_of(document))


_LIMITS = ("max_tokens", "max_completion_tokens")
_ROOM = 4096  #: tokens for thoughts and an answer


def _with_room(asked: dict[str, Any], model: Model) -> dict[str, Any]:
    if not model.asked_as_openai:
        kept = {name: value for name, value in asked.items() if (name, model.family) != ("temperature", "claude")}
        return {name: max(value, _ROOM) if name in _LIMITS and value else value for name, value in kept.items()}
    document = {name: value for name, value in asked.items() if name not in ("temperature", *_LIMITS)}
    limit = max(asked.get(name) or 0 for name in _LIMITS)
    return document | ({"max_completion_tokens": max(limit, _ROOM)} if limit else {})


def _wrong_limits(request: Request) -> bool:
    """Whether a request is to be refused for its limit or its temperature."""
    limits, temperature = [request.asked.get(name) for name in _LIMITS], request.asked.get("temperature")
    counted = all(each is None or (type(each) is int and 0 < each < 2**31) for each in limits)
    warm = temperature is None or (type(temperature) in (int, float) and 0 <= temperature <= 2)
    return request.expect == "error" and not (counted and warm)
