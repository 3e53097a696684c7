"""How a command ends, whatever happens: with one sentence and an exit code, which is a verdict only where one was
reached."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from conformance.language import gettext, speaking, tell, told
from conformance.settings.errors import NOT_JUDGED, USAGE_ERROR, SessionError
from conformance.settings.options import VARIABLES
from conformance.settings.shown import without_keys
from conformance.settings.typer_options import in_languages, language_of, stop
from conformance.text import printable

from .help import HelpedGroup
from .output import keep_streams
from .usage import WRONG_USAGE, told_of

_TRACEBACK = f"{VARIABLES}_TRACEBACK"  #: the variable with which a crash shows its traceback
#: What typer itself handles: an exit, and wrong usage.
_OF_TYPER: tuple[Any, ...] = (typer.Exit, typer.Abort, WRONG_USAGE)
#: The commands whose exit code is a verdict, which holds whether or not what they print can be read.
_JUDGING = {"run", "judge", "audit", "clients", "diff", "prove", "replay", "notify"}


class Commands(HelpedGroup):
    """A command that cannot do what was asked, is interrupted, or crashes, ends with one sentence."""

    def main(self, args: Sequence[str] | None = None, *given: Any, **named: Any) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        with speaking(language_of(words)):
            _translate(self)
            try:
                ended = super().main(words, *given, **{**named, "standalone_mode": False})
            except WRONG_USAGE as error:
                ended = _said(told_of(error), USAGE_ERROR)
            except typer.Abort:
                ended = _said(gettext("interrupted"), NOT_JUDGED)
            sys.exit(ended if isinstance(ended, int) else 0)

    def invoke(self, ctx: Any) -> Any:  # the type of typer's own context is private
        return ended_well(lambda: super(Commands, self).invoke(ctx))


def ended_well(call: Callable[[], Any]) -> Any:
    """What a call returns; what it raises becomes a sentence on standard error, and typer's exit."""
    try:
        return call()
    except SessionError as error:
        stop(told(str(error)), error.exit_code)
    except _OF_TYPER as error:
        raise _without_keys(error) from None
    except KeyboardInterrupt:
        stop(gettext("interrupted"), NOT_JUDGED)
    except Exception as error:  # a crash of ours is no verdict, and must not look like one
        stop(_crashed(error), NOT_JUDGED)


def _said(sentence: str, code: int) -> int:
    typer.echo(printable(without_keys(sentence)), err=True)
    return code


def _without_keys(error: Any) -> Any:
    """Wrong usage, as typer will tell it in a box, without a key that was given in the wrong place."""
    if message := getattr(error, "message", ""):
        error.message = without_keys(message)
    return error


def _translate(command: Any) -> None:
    """Put the help of a command, and of those below it, into the language that is spoken."""
    for each in (command, *command.params):
        for name in ("help", "rich_help_panel"):
            if text := getattr(each, name, None):
                setattr(each, name, gettext(text))
    for each in getattr(command, "commands", {}).values():
        _translate(each)


def _crashed(error: Exception) -> str:
    """What is said of a crash; its message is left to the traceback, since it may hold what is secret."""
    if os.environ.get(_TRACEBACK):
        traceback.print_exc()
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind = type(error).__name__
    if isinstance(error, OSError) and error.errno:  # such as a full disk, in the words of the system alone
        kind = f"{kind}: {os.strerror(error.errno)}"
    where = tell("{kind} in {file}, line {line}", kind, Path(place.filename).name, place.lineno)
    return tell(
        "the suite crashed, and nothing can be judged ({where}): set {variable}=1 to see the traceback",
        where, _TRACEBACK,
    )  # fmt: skip


def exit_code_of(app: typer.Typer) -> int:
    """Run the command that this process was called with. Where its output could not be written, a verdict holds, and
    what was only to be printed is not done."""
    out = keep_streams()
    in_languages(app)
    code = NOT_JUDGED
    try:
        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else NOT_JUDGED
    sys.stdout.flush()
    if out.lost:
        print(tell("standard output cannot be written: {reason}", out.lost), file=sys.stderr)
        code = code if code or _JUDGING.intersection(sys.argv[1:2]) else NOT_JUDGED
    return code
