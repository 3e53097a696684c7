"""What one session is to do, as one frozen value: made from what was given, or from a recorded run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .address import public
from .options import OPTIONS, Option


@dataclass(frozen=True)
class Settings:
    """The value of every option by its key; options.py says what each means, and its default.
    `snapshot_update`, an option of syrupy, accepts the shapes of replies as they are now."""

    base_url: str
    model: tuple[str, ...]
    api_key_variable: str
    header: tuple[str, ...]
    secret_header: tuple[str, ...]
    authorities: Path | None
    certificate: Path | None
    select: tuple[str, ...]
    deselect: tuple[str, ...]
    without: tuple[str, ...]
    stub: bool
    intrusive: bool
    no_costly: bool
    examples: int
    repeat: int | None
    fault: tuple[str, ...]
    max_requests: int | None
    max_tokens: int | None
    max_cost: str | None
    prices: Path | None
    concurrency: int
    rate: float
    patience: float
    deadline: float
    timeout_seconds: float
    total_seconds: float
    largest_body: int
    baseline: Path | None
    stale_after: int
    revision: str | None
    gate: str | None
    client: tuple[str, ...]
    strict: bool
    out: Path | None
    history: Path | None
    keep: int | None
    language: str | None
    resume: Path | None
    snapshots: Path | None
    workers: int | None
    archive: Path | None
    recordings: Path | None
    shared: Path | None
    plan: bool
    mutants: bool
    snapshot_update: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """From values by key, with the default of each option that is not given or None."""
        values = {option.key: _typed(option, given.get(option.key)) for option in OPTIONS.values()}
        return cls(**values, snapshot_update=bool(given.get("snapshot_update")))

    def dump(self) -> dict[str, Any]:
        """The options that differ from their defaults, by name, as JSON has them; paths are absolute."""
        values = {option.name: (option, getattr(self, option.key)) for option in OPTIONS.values()}
        return {name: plain(value) for name, (option, value) in values.items() if value != option.initial}

    def updated(self, dumped: Mapping[str, Any]) -> Settings:
        """With the options that a dump names; a name that is no option is passed over."""
        known = {OPTIONS[name].key: _typed(OPTIONS[name], value) for name, value in dumped.items() if name in OPTIONS}
        return replace(self, **known)

    @property
    def sends(self) -> bool:
        """Whether an endpoint is judged, as opposed to recorded exchanges."""
        return self.archive is None and self.recordings is None

    @property
    def folder(self) -> Path:
        """Where the run is written: `--out`, the folder that is resumed or judged again, or one named after the
        endpoint."""
        if given := self.resume or self.out or self.archive:
            return given.absolute()
        name = "recordings" if self.recordings else public(self.base_url) or "reference"
        return Path("reports", re.sub(r"\W+", "-", name.partition("://")[2] or name).strip("-")).absolute()


def _typed(option: Option, value: Any) -> Any:
    if value is None:
        return option.initial
    if option.many:
        return tuple(value)
    return Path(value) if option.kind is Path else value


def plain(value: Any) -> Any:
    """The value of an option as JSON has it."""
    if isinstance(value, Path):
        return str(value.absolute())
    return list(value) if isinstance(value, tuple) else value
