"""How a command ends when nothing can be judged: one sentence, and an exit code."""

from __future__ import annotations

from conformance.language import say

from .shown import without_keys

USAGE_ERROR, NOT_JUDGED = 2, 3  #: exit codes; 0 conforms, 1 violates a MUST


class SessionError(Exception):
    """Nothing can be judged as asked. `exit_code` is USAGE_ERROR or NOT_JUDGED. A key that was given in the wrong place
    is not repeated."""

    def __init__(self, message: str, exit_code: int = USAGE_ERROR) -> None:
        super().__init__(without_keys(message))
        self.exit_code = exit_code


NO_MODEL = say("--model is missing: name at least one model of the endpoint")
