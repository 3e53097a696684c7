"""Why no whole response arrived, as a kind and a detail. Archives keep both as plain English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conformance.language import joined, restored, say

Kind = Literal[
    "refused", "unresolved", "proxy", "tls", "timeout", "reset", "truncated", "too large", "undecodable", "not sent",
    "hung up",
]  # fmt: skip

KINDS = {
    str(each): each
    for each in (
        say("refused"), say("unresolved"), say("proxy"), say("tls"), say("timeout"), say("reset"), say("truncated"),
        say("too large"), say("undecodable"), say("not sent"), say("hung up"),
    )
}  # fmt: skip


def not_ended(seconds: float) -> str:
    return say("the response had not ended after {seconds:g} s", seconds)


def silent(seconds: float) -> str:
    return say("no answer in time ({seconds:g} s of silence)", seconds)


def cut_on_purpose(reads: int) -> str:
    return say("on purpose, after {number} reads", reads)


def too_large(most: int) -> str:
    return say("the body exceeds {bytes:,} bytes", most)


RUN_ENDED = say("the run ended meanwhile")
RUN_BROKEN_OFF = say("the run was broken off meanwhile")
NEVER_CAME = say("the run was broken off before an answer came")

#: The details that are ours, and the most frequent ones of httpcore, h11 and the operating system.
_DETAILS = (
    not_ended(0), silent(0), cut_on_purpose(0), too_large(0), RUN_ENDED, RUN_BROKEN_OFF, NEVER_CAME,
    say("Server disconnected without sending a response."),
    say("peer closed connection without sending complete message body (incomplete chunked read)"),
    say("peer closed connection without sending complete message body (received {number} bytes, expected {expected})",
        0, 0),
    say("[Errno 111] Connection refused"), say("[Errno 104] Connection reset by peer"),
    say("[Errno -2] Name or service not known"), say("the connection was closed"),
)  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """Why no whole response arrived."""

    kind: Kind
    detail: str

    def __str__(self) -> str:
        return joined(": ", (KINDS[self.kind], restored(self.detail, _DETAILS)))
