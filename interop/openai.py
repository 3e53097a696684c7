"""The reference endpoint as an upstream with one key, as OpenAI has it: what a gateway makes up is refused.

Start it with `python -m interop.openai --port PORT`; it listens on the loopback address only.
"""

from __future__ import annotations

import argparse

from conformance.lab.reference.endpoint import Endpoint
from conformance.lab.reference.server import serve

from .anthropic import KEY, LOOPBACK


def main() -> None:
    parser = argparse.ArgumentParser(description="The reference endpoint on the loopback address, with a key.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default=KEY)
    options = parser.parse_args()
    serve(LOOPBACK, options.port, Endpoint(), frozenset({options.key}))


if __name__ == "__main__":
    main()
