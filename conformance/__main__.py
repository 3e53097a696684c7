"""Where the command starts. An installation that cannot be loaded is no verdict, and must not look like one."""

from __future__ import annotations

import gc
import sys

NOT_LOADED = 3  #: the exit code of what could not be judged, here since nothing of the package is known to load


def main() -> None:
    """The entry point of the command `phanedge-conformance`."""
    gc.set_threshold(
        10_000
    )  # most of what is loaded and judged is kept until the end: looking for cycles takes a tenth
    try:
        from conformance import cli
    except Exception as error:
        print(f"the suite cannot be loaded ({type(error).__name__}: {error}): install it again", file=sys.stderr)
        sys.exit(NOT_LOADED)
    cli.main()


if __name__ == "__main__":
    main()
