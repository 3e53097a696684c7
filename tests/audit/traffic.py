"""Traffic for tests: lines as recorders write them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.exchanges import completion

GOOD = {"prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21}
WRONG = GOOD | {"total_tokens": 30}
SUM = "usage.total_tokens.sum_of"  #: what WRONG violates
PRICES = """\
currency = "USD"

[models.gpt-4o]
input = 3
output = 15
"""


def line(usage: dict[str, Any] | None = None, *, model: str = "gpt-4o", created: int = 0, **members: Any) -> bytes:
    """An exchange with this usage; `created` is when the reply says that it was made."""
    more = {"created": created} if created else {}
    row = {
        "request_json": {"model": model, "messages": [{"role": "user", "content": "Say hello."}]},
        "status": 200,
        "response_headers": {"content-type": "application/json"},
        "response_body": json.dumps(completion(GOOD if usage is None else usage, model=model, **more)),
        "stream": False,
        "fidelity": "wire",
    }
    return json.dumps(row | members).encode()


def written(path: Path, lines: Iterable[bytes]) -> Path:
    """A file with these lines."""
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path
