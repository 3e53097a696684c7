"""A request with what came back, as a plain value with views."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from conformance.language import say

from .content_coding import Read as Read
from .content_coding import undone
from .failure import Failure as Failure
from .fold import Chunks, Unfoldable, fold
from .kept import SMALL, Stored, kept
from .outcomes import Inconclusive as Inconclusive
from .outcomes import NotApplicable as NotApplicable
from .outcomes import NothingMore as NothingMore
from .outcomes import Violation as Violation
from .request import JSON_CONTENT as JSON_CONTENT
from .request import MODEL as MODEL
from .request import SALT as SALT
from .request import WORD as WORD
from .request import Credentials as Credentials
from .request import Headers as Headers
from .request import Request as Request
from .sse import EventStream, parse
from .strict_json import JSONError, loads

Fact = Literal[
    "request", "status", "headers", "other headers", "times", "bytes", "framing", "terminator", "ids", "created", "key",
    "connection", "reply", "counts"]  # fmt: skip

LOOKS_LIKE_EVENTS = re.compile(rb"(\xef\xbb\xbf)?[\r\n]*(data|event|id|retry)?:")
SCRUBBED_KEY = "[scrubbed key"  #: begins the mark that stands where an endpoint echoed the caller's key
TRANSIENT = (429, 502, 503, 504)  #: statuses of an endpoint that is throttled or away for a while


@dataclass(frozen=True)
class Withheld:
    """What stands for content that could not be searched for secrets: its digest, its size in bytes, and why."""

    sha256: str
    size: int
    reason: str


@dataclass(frozen=True)
class Exchange:
    """A request and what came back.

    `reads` are the bytes of the content as they arrived, each with the seconds since the request was sent;
    chunked coding is undone, content coding (gzip) is not. `started` is Unix time. `unrecorded` names what a
    recording made elsewhere did not keep, or an application in this process does not have: requirements that look at it
    are not judged. `earlier` is what the same request was answered before, where it was sent again because the endpoint
    was throttled or away for a while. `surplus` counts the bytes that followed the end of the response (RFC 9112 6.3).
    Where the content is `withheld`, the reads are as long as they were, and hold no byte of it.
    `recurs`: it was said to be away each time, and was not for other requests, so that this is its answer.
    `client` names the official SDK whose header fields the request was sent with; empty for those of this suite.
    """

    request: Request
    status: int
    headers: Sequence[tuple[str, str]] = ()
    reads: Sequence[Read] = field(default=(), repr=False)
    failure: Failure | None = None
    started: float = 0.0
    seconds: float = 0.0
    unrecorded: frozenset[Fact] = frozenset()
    earlier: tuple[Exchange, ...] = field(default=(), repr=False)
    surplus: int = 0
    withheld: Withheld | None = None
    recurs: bool = False
    client: str = ""

    # --- the response as HTTP -----------------------------------------------------------------------------

    def header(self, name: str) -> str | None:
        """The value of a header field, by its name in lower case; lines of the same name are joined by commas (RFC 9110
        5.3), None where absent."""
        return self.fields.get(name)

    @cached_property
    def fields(self) -> dict[str, str]:
        """The header fields by their names in lower case, as `header` has them."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
        return found

    @cached_property
    def small(self) -> bool:
        """Whether all that is made of the content can be kept."""
        return not isinstance(self.reads, Stored) and sum(len(data) for _, data in self.reads) <= SMALL

    @kept
    def wire(self) -> bytes:
        """The content as transferred, content coding included."""
        return b"".join(data for _, data in self.reads)

    @property
    def decoded_reads(self) -> Sequence[Read]:
        """The reads with content coding (gzip, deflate) undone. Raises Inconclusive where it cannot be."""
        if self.undecodable:
            raise Inconclusive(self.undecodable)
        return self._decoded[0]

    @property
    def undecodable(self) -> str:
        """Why the content coding cannot be undone; empty where it can."""
        return self._decoded[1]

    @kept
    def _decoded(self) -> tuple[Sequence[Read], str]:
        """The reads with content coding undone, or why it cannot be: what is hard to find out is found out once."""
        reads, problem = undone(self.reads, self.header("content-encoding") or "")
        return reads, self.withheld.reason if problem and self.withheld else problem

    @kept
    def content(self) -> bytes:
        """The content as bytes, with content coding undone."""
        return b"".join(data for _, data in self.decoded_reads)

    @kept
    def text(self) -> str:
        """The content as text; bytes that are not UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    @cached_property
    def media_type(self) -> str:
        """The media type in lower case without parameters; empty where there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    # --- what kind of exchange it is ------------------------------------------------------------------------

    @property
    def succeeded(self) -> bool:
        """Answered with a 2xx status, as a whole."""
        return self.failure is None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Answered with a 4xx or 5xx status."""
        return self.failure is None and self.status >= 400

    @property
    def all(self) -> tuple[Exchange, ...]:
        """This exchange, and one for each earlier attempt at the same request."""
        return (
            self,
            *(
                replace(each, request=replace(each.request, attempt=-number), earlier=())
                for number, each in enumerate(self.earlier, start=1)
            ),
        )

    @property
    def transient(self) -> bool:
        """Whether the endpoint is throttled or unavailable for a while (429, 502, 503, 504)."""
        return self.failure is None and self.status in TRANSIENT and not self.recurs

    @cached_property
    def streamed(self) -> bool:
        """A success that came as an event stream, whatever its media type says."""
        if not self.succeeded:
            return False
        if self.media_type == "text/event-stream":
            return True
        try:
            return self.request.streams and LOOKS_LIKE_EVENTS.match(self.content) is not None
        except Inconclusive:
            return False

    # --- the response as an object of the API ----------------------------------------------------------------

    @kept
    def document(self) -> Any:
        """The body as JSON. Raises Inconclusive where it is not."""
        if self.failure:
            raise Inconclusive(say("no whole response arrived ({failure})", self.failure))
        try:
            return loads(self.content)
        except JSONError as error:
            raise Inconclusive(say("the body of the HTTP {status} is not JSON: {error}", self.status, error)) from None

    @kept
    def stream(self) -> EventStream:
        """The event stream, with what was wrong in its framing."""
        if not self.streamed:
            raise Inconclusive(
                say("{request} was answered with {outcome}, not with an event stream", self.request, self.outcome)
            )
        return parse(self.decoded_reads)

    @kept
    def chunks(self) -> Chunks:
        """The JSON objects of the stream that are not errors, in order; what is not an object is left out."""
        return Chunks(doc for doc in self.stream.documents if isinstance(doc, dict) and not doc.get("error"))

    @kept
    def reply(self) -> dict[str, Any]:
        """The completion, folded if it was streamed."""
        if self.streamed:
            try:
                return fold(self.chunks)
            except Unfoldable as error:
                raise Inconclusive(say("the official SDK cannot accumulate this stream: {error}", error)) from error
        if not self.succeeded:
            raise Inconclusive(
                say("{request} was answered with {outcome}, not with a completion", self.request, self.outcome)
            )
        if not isinstance(self.document, dict):
            raise Inconclusive(say("the body is not a JSON object"))
        return self.document

    @kept
    def choices(self) -> list[dict[str, Any]]:
        """The choices of the reply. Raises Inconclusive where they are not an array of objects."""
        choices = self.reply.get("choices")
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise Inconclusive(say("the reply to {request} has no array of choices", self.request))
        return choices

    @kept
    def messages(self) -> list[dict[str, Any]]:
        """The message of each choice that has one."""
        return [choice["message"] for choice in self.choices if isinstance(choice.get("message"), dict)]

    @kept
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls of all choices, in order."""
        calls = [call for message in self.messages for call in list_of(message.get("tool_calls"))]
        return [call for call in calls if isinstance(call, dict)]

    @kept
    def failed_in_stream(self) -> bool:
        """Whether it is a stream with an error event in it."""
        return self.streamed and any(isinstance(each, dict) and each.get("error") for each in self.stream.documents)

    @kept
    def usage(self) -> dict[str, Any]:
        """The usage object of the reply. Raises Inconclusive where it has none, and where a stream failed: what did not
        come to its end is not counted."""
        if self.failed_in_stream:
            raise Inconclusive(say("{request}: the stream failed, so that its usage counts nothing", self.request))
        usage = self.reply.get("usage")
        if not isinstance(usage, dict):
            raise Inconclusive(say("the reply to {request} has no usage object", self.request))
        return usage

    @kept
    def error(self) -> dict[str, Any]:
        """The error object of an error response."""
        if not self.refused:
            raise Inconclusive(
                say("{request} was answered with {outcome}, not with an error response", self.request, self.outcome)
            )
        error = self.document.get("error") if isinstance(self.document, dict) else None
        if not isinstance(error, dict):
            raise Inconclusive(say("the body has no error object"))
        return error

    @property
    def outcome(self) -> str:
        """What came back, in a few words."""
        return str(self.failure) if self.failure else f"HTTP {self.status}"

    def __str__(self) -> str:
        return f"{self.request}: {self.outcome}"


def list_of(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []
