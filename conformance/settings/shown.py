"""What is printed has no key in it: neither one of the environment, nor what looks like one."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from conformance.language import changed

from .address import SECRET_NAME, STRUCK_OUT

_LEAST = 16  #: characters of a value that is no word
#: What lies between the characters of a key in a box of a terminal: the end of a line, its frame and colours.
_BETWEEN = r"(?:\x1b\[[\d;]*+m|[\W_])*+"
#: Keys of OpenAI and of those whose keys begin likewise, of Google, Groq, Hugging Face, NVIDIA, Perplexity and xAI;
#: and tokens of three parts (RFC 7519).
_KEY = re.compile(
    r"\bsk-[\w-]{16,}|\bAIza[\w-]{35}|\bgsk_\w{40,}|\bhf_\w{30,}|\b(?:nvapi|pplx|xai)-\w{40,}"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"
)


def looks_like_key(text: str) -> bool:
    """Whether a text has in it what looks like an API key."""
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """The text without keys of the environment, and without what looks like a key; a sentence stays one."""
    return changed(text, lambda each: _KEY.sub(STRUCK_OUT, without_values(each)))


def without_values(text: str) -> str:
    """The text without the values of this environment's variables that carry a secret by their names, also where one is
    wrapped over lines."""
    values = tuple(
        value.strip() for name, value in os.environ.items() if len(value) >= _LEAST and SECRET_NAME.search(name)
    )
    return pattern.sub(STRUCK_OUT, text) if (pattern := _pattern(values)) else text


@lru_cache(maxsize=4)
def _pattern(values: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(_wrapped, values))) if values else None


def _wrapped(value: str) -> str:
    """Of values that are told by their letters and digits."""
    letters = [each for each in value if each.isalnum()]
    return _BETWEEN.join(letters) if len(letters) >= _LEAST else re.escape(value)
