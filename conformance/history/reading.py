"""What came before a run, read from the history in whose folder it lies."""

from __future__ import annotations

from pathlib import Path

from conformance.language import say
from conformance.runs.dated import began
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

from .index import kept
from .news import MOST, Past, past_of


def past_before(folder: Path) -> Past | None:
    """What the runs before the one in this folder come to; None where it is the folder of no history. Raises
    SessionError."""
    if began(folder) is None:
        return None
    history = folder.absolute().parent
    try:
        return past_of(kept(history, MOST, folder).nights) if history.is_dir() else Past()
    except OSError as error:
        raise SessionError(
            say("--history: {history} cannot be read ({reason})", history, reason_of(error)), NOT_JUDGED
        ) from None
