"""Object stores and other places that have a URL, by fsspec."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from conformance.language import say


class SourceError(Exception):
    """A source cannot be read; the message is one sentence that names it."""


def public(url: str) -> str:
    """A URL without what may be secret: credentials, and a query, which may sign it."""
    return re.sub(r"://[^/@]*@", "://", url).partition("?")[0]


def open_url(url: str) -> BinaryIO:
    """The file at a URL. Raises SourceError."""
    store, path = _store(url)
    file: BinaryIO = _said(url, lambda: store.open(path, "rb"))
    return file


def size_of(url: str) -> int:
    """The bytes of the file at a URL; 0 where the store does not say. Raises SourceError."""
    store, path = _store(url)
    return _said(url, lambda: store.size(path)) or 0


def files_of(url: str) -> tuple[list[str], bool]:
    """The URLs of all files that a URL stands for, one, those in a folder or those that match a pattern, and whether
    it names one file. Raises SourceError."""
    store, path = _store(url)
    if re.search(r"[*?\[]", path):
        found = _said(url, lambda: [each for each in store.glob(path) if store.isfile(each)])
    elif _said(url, lambda: store.isfile(path)):
        return [url], True
    else:
        found = _said(url, lambda: store.find(path))
    return sorted(store.unstrip_protocol(each) for each in found), False


def _store(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise SourceError(
            say("{url} is read with the extra: pip install 'phanedge-conformance[audit]'", public(url))
        ) from None
    found: tuple[Any, str] = _said(url, lambda: url_to_fs(url))
    return found


def _said(url: str, ask: Any) -> Any:
    """What a store answers. Each has exceptions of its own."""
    try:
        return ask()
    except Exception as error:
        said = str(error).partition("\n")[0].replace(url, public(url))[:200]
        raise SourceError(
            say("{url} cannot be read ({kind}: {said})", public(url), type(error).__name__, said)
        ) from None
