"""What a check raises: that it cannot tell, that it does not apply, or that a requirement is violated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .exchange import Exchange


class Inconclusive(Exception):
    """The exchange cannot show whether the requirement holds."""


class NothingMore(Inconclusive):
    """Nothing more is sent in this run, whatever is asked for."""


class NotApplicable(Exception):
    """The requirement says nothing about this exchange."""


class Violation(AssertionError):
    """A requirement is violated by these exchanges; `of` are the ids of those whose violation this is, where it is one
    of others."""

    def __init__(self, message: str, *exchanges: Exchange, of: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.exchanges, self.of = exchanges, of
