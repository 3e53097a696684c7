"""The body of a request for a completion, read and validated."""

from __future__ import annotations

import json
from typing import Any

from conformance.evidence.exchange import Request
from conformance.evidence.strict_json import JSONError, loads

from .messages import check_messages
from .models import check_model
from .parameters import check_body, check_parameters
from .refusal import Refusal
from .schemas import check_format, check_tools

LARGEST = 16 * 2**20  #: bytes


def read(request: Request) -> dict[str, Any]:
    """The members of a body that is whole and valid. Raises Refusal."""
    check_content(request)
    asked = check_body(_parse(request.body))
    check_model(asked["model"])
    check_parameters(asked)
    check_messages(asked["messages"])
    check_tools(asked)
    check_format(asked)
    return asked


def check_content(request: Request) -> None:
    """Refuse content that is too large, of another media type, or coded. Raises Refusal."""
    if len(request.body) > LARGEST:
        raise Refusal(f"The body is larger than {LARGEST} bytes.", status=413)
    fields = {name.lower(): value for name, value in request.headers}
    media_type = fields.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refusal(f"Unsupported media type {media_type[:100]!r}: send application/json.", status=415)
    if fields.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refusal("The content must not be coded.", status=415, headers=(("accept-encoding", "identity"),))


def _parse(body: bytes) -> Any:
    try:
        document = loads(body)
        json.dumps(document, ensure_ascii=False).encode()  # what cannot be written back has a lone surrogate
    except (JSONError, UnicodeEncodeError, RecursionError):
        message = "We could not parse the JSON body of your request. It must be one JSON text in UTF-8."
        raise Refusal(message) from None
    return document
