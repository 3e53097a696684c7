"""Finding in a conversation what a question asks for."""

from __future__ import annotations

import re

from .messages import Message, text_of
from .vocabulary import EMPTY

#: Between two sentences: white space, or none where a gateway joined two texts (`… reply.Include …`).
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+|(?<=[.!?])(?=[A-Z][a-z])")
_FEW = re.compile(r"\b(?:brief|briefly|short|one word|in a word|only)\b", re.IGNORECASE)
_NOUN = re.compile(r"\b(?:which|what)\s+(\w+)", re.IGNORECASE)
MOST_QUOTES = 6


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text that say anything."""
    return [each.strip() for each in _SENTENCE.split(text) if each.strip()]


def is_question(sentence: str) -> bool:
    return sentence.rstrip("\"'”").endswith("?")


def recall(messages: list[Message]) -> str | None:
    """The sentences of the conversation that share most words with the question it ends with, in order, what tools
    said in that in which the question speaks of what they were asked.

    Where a short answer is wanted, only what follows the thing asked for in the first of them. None where
    nothing that was said has to do with the question.
    """
    place = max(index for index, each in enumerate(messages) if each["role"] == "user")
    own = sentences(text_of(messages[place]))
    calls = {call["id"]: call["function"]["arguments"] for each in messages for call in each.get("tool_calls") or ()}
    about = {
        each: calls.get(message.get("tool_call_id"), "")
        for message in messages
        if message["role"] == "tool"
        for each in sentences(text_of(message))
    }
    earlier = [
        each
        for index, message in enumerate(messages)
        if index != place
        for each in sentences(text_of(message))
        if not is_question(each)
    ]
    asked = [each for each in own if is_question(each)] or own[-1:]
    said = [*earlier, *(each for each in own[:-1] if not is_question(each))]
    found = _closest(" ".join(asked), said, about) or _closest(" ".join(own), earlier, about)
    if not found:
        return None
    if _FEW.search(" ".join(own)) and (noun := _NOUN.search(" ".join(asked))):
        return _shorten(found[0], noun[1])
    return " ".join(found)


def _closest(question: str, said: list[str], about: dict[str, str]) -> list[str]:
    """`about`: by sentence, the arguments of the call whose result it is, which tell what it is about."""
    wanted = _words(question)
    scores = [len(wanted & _words(f"{each} {about.get(each, '')}")) for each in said]
    best = max(scores, default=0)
    closest = [each for each, score in zip(said, scores, strict=True) if score == best]
    closest.sort(key=lambda each: _place(question, _words(about.get(each, ""))))
    return list(dict.fromkeys(closest))[:MOST_QUOTES] if best else []


def _place(question: str, words: set[str]) -> int:
    """Where in the question the first of these words is; 0 where none is."""
    return min((at for word in words if (at := question.lower().find(word)) >= 0), default=0)


def _words(text: str) -> set[str]:
    """The words of a text that tell what it is about, in the singular."""
    words = re.findall(r"\w+", text.lower())
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words} - EMPTY


def _shorten(sentence: str, noun: str) -> str:
    """From the thing asked for to the next comma or the end."""
    found = re.search(rf"\b{re.escape(noun)}\b[^,;]*", sentence, re.IGNORECASE)
    return found[0].rstrip(". ") if found else sentence
