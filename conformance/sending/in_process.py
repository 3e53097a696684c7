"""An ASGI application in the place of an endpoint, called in this process: there is no port and no connection."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote

import httpcore

from .deadline import left

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[Any]
]
_Loop = asyncio.AbstractEventLoop
Fields = Sequence[tuple[bytes, bytes]]

_LOG = logging.getLogger(__name__)
_STARTING = 30.0  #: seconds that an application may take to start, and to stop
_VERSIONS = {"version": "3.0", "spec_version": "2.4"}
_CRASHED = b"Internal Server Error"  #: what servers answer where an application raised


class InProcess:
    """An application with an event loop of its own, in a thread, as a server would have it. Raises RuntimeError where
    it does not start."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._state: dict[str, Any] = {}
        self._loop: _Loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="application", daemon=True)
        self._thread.start()
        self._orders: asyncio.Queue[Message] = asyncio.Queue()
        self._done: queue.Queue[str] = queue.Queue()
        self._living = asyncio.run_coroutine_threadsafe(self._live(), self._loop)
        self._order("startup")

    def ask(self, method: str, url: tuple[bytes, bytes, int | None, bytes], fields: Fields, content: bytes) -> Answer:
        """Call it; `url` is scheme, host, port and target. Its answer may be read at once."""
        scheme, host, port, target = url
        path, _, query = target.partition(b"?")
        scope = {
            "type": "http", "asgi": _VERSIONS, "http_version": "1.1", "method": method, "scheme": scheme.decode(),
            "path": unquote(path.decode("ascii")), "raw_path": path, "query_string": query, "root_path": "",
            "headers": [(name.lower(), value) for name, value in fields],
            "client": ("127.0.0.1", 0), "server": (host.decode(), port), "state": dict(self._state),
        }  # fmt: skip
        return Answer(self._application, scope, content, self._loop)

    def close(self) -> None:
        """Let it stop, and end its thread."""
        try:
            self._order("shutdown")
        except RuntimeError as problem:  # which says nothing of what was answered before
            _LOG.warning("%s", problem)
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result(_STARTING)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STARTING)
        self._loop.close()

    async def _live(self) -> None:
        async def told(message: Message) -> None:
            self._done.put(message.get("message", "it gave no reason") if message["type"].endswith("failed") else "")

        try:
            await self._application(
                {"type": "lifespan", "asgi": _VERSIONS, "state": self._state}, self._orders.get, told
            )
        except Exception:  # as servers do: one that raises here does not speak this protocol
            _LOG.debug("the application does not speak the lifespan protocol", exc_info=True)
        finally:  # whoever waits for its answer to an order waits no longer
            self._done.put("")

    def _order(self, what: str) -> None:
        if self._living.done() and self._done.empty():
            return
        self._loop.call_soon_threadsafe(self._orders.put_nowait, {"type": f"lifespan.{what}"})
        try:
            problem = self._done.get(timeout=_STARTING)
        except queue.Empty:
            problem = f"it took more than {_STARTING:g} s"
        if problem:
            raise RuntimeError(f"the application failed at its {what}: {problem}")


class Answer:
    """What an application answers to one request: `status` and `fields` when it has begun, and the pieces of its
    content as they come. Raises httpcore's exceptions, as a connection does."""

    def __init__(self, application: Application, scope: Message, content: bytes, loop: _Loop) -> None:
        self._sent: queue.Queue[Message] = queue.Queue()
        self._loop, self._content, self._head = loop, [content], scope["method"] == "HEAD"
        lengths = [int(value) for name, value in scope["headers"] if name == b"content-length"]
        self._cut = bool(lengths) and len(content) < lengths[0]  # the client breaks off within the body
        self._gone = asyncio.Event()
        self._call: Future[None] = asyncio.run_coroutine_threadsafe(self._answered(application, scope), loop)
        self.status, self.fields = 0, list[tuple[bytes, bytes]]()

    def begin(self, timeout: float | None) -> None:
        """Wait for status and fields."""
        message = self._next(timeout)
        if message["type"] != "http.response.start":
            raise httpcore.RemoteProtocolError("the application ended without sending a response")
        self.status = message["status"]
        self.fields = [(bytes(name), bytes(value)) for name, value in message["headers"]]

    def pieces(self, timeout: float | None) -> Iterator[bytes]:
        """The content; `timeout` is for each piece."""
        more = True
        while more:
            message = self._next(timeout)
            if message["type"] != "http.response.body":
                raise httpcore.RemoteProtocolError("the application raised: incomplete content")
            more = message.get("more_body", False)
            if message.get("body") and not self._head:
                yield bytes(message["body"])

    def close(self) -> None:
        """Tell it that the client has gone."""
        self._loop.call_soon_threadsafe(self._gone.set)

    def _next(self, timeout: float | None) -> Message:
        try:
            return self._sent.get(timeout=left(timeout, httpcore.ReadTimeout))
        except queue.Empty:
            raise httpcore.ReadTimeout("the application was silent") from None

    async def _answered(self, application: Application, scope: Message) -> None:
        begun = False

        async def receive() -> Message:
            if self._content:
                return {"type": "http.request", "body": self._content.pop(), "more_body": self._cut}
            if not self._cut:
                await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal begun
            begun = True
            self._sent.put({"headers": (), **message})

        try:
            await application(scope, receive, send)
        except Exception:  # a server tells its log, and answers this
            _LOG.exception("the application raised")
        if not begun:
            fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_CRASHED))]
            self._sent.put({"type": "http.response.start", "status": 500, "headers": fields})
            self._sent.put({"type": "http.response.body", "body": _CRASHED})
        self._sent.put({"type": "ended"})


async def _cancel_others() -> None:
    """Requests that the application has not ended with."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
