"""What the model says: a small deterministic one that obeys, repeats, counts, remembers and quotes.

It has no memory but the messages and no knowledge at all: what it cannot find in the conversation it says it
does not know.
"""

from __future__ import annotations

import re

from .images import colour
from .messages import INSTRUCTING, Message, images_of, text_of
from .recall import is_question, recall, sentences
from .vocabulary import REFERRING, VAGUE

IGNORANCE = "I have no answer to that."
_COUNT = re.compile(r"\bcount (?:from (\d+) )?(?:up )?to (\d+)", re.IGNORECASE)
_TIMES = re.compile(r"\brepeat (?:the word )?[\"'“]?([^\s\"'”]+)[\"'”]? (\d+) times", re.IGNORECASE)
_DIGITS = re.compile(r"\bwrite (\d+) random digits\b", re.IGNORECASE)
_ECHO = re.compile(
    r"(?:^|(?<=[.!?\n])[ \t]*)(?:please )?"
    r"(?:repeat|echo|say|write|output|print|(?:reply|respond|answer)(?= (?:only|exactly|with)))\b"
    r"[^:\n]{0,100}:[ \t]*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_SAY = re.compile(
    r"(?:^|(?<=[.!?\n])\s*)(?:please )?(?:just |only )?(?:say|(?:reply|answer|respond) (?:only )?with)"
    r" (?:just |only |exactly )*(?:the (?:word|letter|text|code) )?(.+?)"
    r"(?: and (?:nothing else|add nothing)| only)?(?:[.!?](?=\s|$|(?-i:[A-Z][a-z]))|\n|$)",
    re.IGNORECASE,
)
_NOUN = r"(?:\s+(?:the|this|a|an))?(?:\s+(?:exact\s+)?(?:word|code|phrase|text|token|string|marker|line))?"
_ENDING = re.compile(rf"\b(?:end|finish|close|conclude)\b.*?\bwith\b{_NOUN}[:\s]+(.+)", re.IGNORECASE)
_BEGINNING = re.compile(rf"\b(?:start|begin|open)\b.*?\bwith\b{_NOUN}[:\s]+(.+)", re.IGNORECASE)
_INCLUDING = re.compile(rf"\b(?:include|mention|contain|add|append|use|say|write){_NOUN}[:\s]+(.+)", re.IGNORECASE)
_BRACES = re.compile(r"\bput every reply in braces\b", re.IGNORECASE)
LONGEST_INSTRUCTION = 300  #: characters, beyond which a sentence is taken for matter and not read for orders
LONGEST_COUNT = 20_000


def write(messages: list[Message]) -> str:
    """The text that answers a conversation, as its system and developer messages want it."""
    return _obey(messages, _answer(messages))


def _answer(messages: list[Message]) -> str:
    if not messages:
        return IGNORANCE
    if messages[-1]["role"] in ("tool", "function"):
        return _report(messages)
    asked = [each for each in messages if each["role"] == "user"]
    turn = _last_turn(messages)
    done = [text for text in (command(text_of(each)) for each in turn) if text]
    if done:
        return " ".join(done)
    if seen := [colour(part["image_url"]["url"]) for each in turn[-1:] for part in images_of(each)]:
        return " ".join(f"I see {each}." if each else "I see an image." for each in seen)
    if not asked:
        return IGNORANCE
    return recall(messages) or IGNORANCE


def command(text: str) -> str | None:
    """What a text that says what to say wants said; None where it does not."""
    if found := _TIMES.search(text):
        return " ".join([found[1]] * min(int(found[2]), LONGEST_COUNT))
    if found := _COUNT.search(text):
        first, last = int(found[1] or 1), int(found[2])
        separator = ", " if "comma" in text.lower() else "\n"
        return separator.join(str(each) for each in range(first, min(last, first + LONGEST_COUNT) + 1))
    if found := _DIGITS.search(text):
        return "".join(str(each * each % 89 % 10) for each in range(5, 5 + min(int(found[1]), LONGEST_COUNT)))
    if found := _ECHO.search(text):
        return found[1].strip()
    found = _SAY.search(text)
    if found and not any(is_question(each) for each in sentences(text[: found.start()])):
        target = found[1].strip("\"'“” ")
        return None if _refers(target) else target
    return None


def _refers(target: str) -> bool:
    """Whether something said before is meant, as in `the code I gave you`."""
    words = re.findall(r"\w+", target.lower())
    return (words != [] and VAGUE.issuperset(words)) or (len(words) > 2 and not REFERRING.isdisjoint(words))


def _last_turn(messages: list[Message]) -> list[Message]:
    """The user messages that nobody has answered yet."""
    turn: list[Message] = []
    for message in reversed(messages):
        if message["role"] == "user":
            turn.insert(0, message)
        elif message["role"] not in INSTRUCTING:
            break
    return turn


def _report(messages: list[Message]) -> str:
    """What the tools said, each with the call it answers."""
    calls = {call["id"]: call["function"] for each in messages for call in each.get("tool_calls") or ()}
    said = []
    for message in messages[_last_call(messages) + 1 :]:
        if message["role"] in ("tool", "function"):
            call = calls.get(message.get("tool_call_id"), {"name": message.get("name"), "arguments": ""})
            said.append(f"{call['name']}({call['arguments']}) says {text_of(message)}.")
    return " ".join(said)


def _last_call(messages: list[Message]) -> int:
    called = [index for index, each in enumerate(messages) if each.get("tool_calls") or each.get("function_call")]
    return called[-1] if called else -1


def _obey(messages: list[Message], text: str) -> str:
    """The text with the words put in that instructions want at its end, at its beginning or anywhere."""
    for message in messages:
        if message["role"] not in INSTRUCTING:
            continue
        for sentence in sentences(text_of(message)):
            if len(sentence) > LONGEST_INSTRUCTION or is_question(sentence):
                continue
            if _BRACES.search(sentence):
                text = f"{{{text}}}"
            elif found := _BEGINNING.search(sentence):
                text = _join(_target(found[1], last=True), text)
            elif found := _ENDING.search(sentence):
                text = _join(text, _target(found[1], last=True))
            elif found := _INCLUDING.search(sentence):
                text = _join(text, _target(found[1], last=False))
    return text


def _target(words: str, *, last: bool) -> str:
    """The word meant: the quoted one, else one in capitals or with a digit, else the last if that will do."""
    if quoted := re.search(r"[\"'“`]([^\"'”`]+)[\"'”`]", words):
        return quoted[1]
    plain = [each.strip(".,;:!?") for each in words.split()]
    marked = [each for each in plain if len(each) > 2 and (each.isupper() or any(char.isdigit() for char in each))]
    return (marked or (plain[-1:] if last else [""]))[0]


def _join(first: str, second: str) -> str:
    if not first or not second or first.endswith(second) or second.startswith(first):
        return first if len(first) > len(second) else second
    return f"{first} {second}"
