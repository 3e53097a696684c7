"""What a check says is a sentence that can be translated, with all that it is made of."""

from __future__ import annotations

import ast

import pytest

from . import sayings
from .sayings import PACKAGE, Following, messages, parsed

SUITE = sorted((PACKAGE / "suite").rglob("*.py"))


def test_every_message_of_a_check_is_a_sentence() -> None:
    following, number = Following(), 0
    for path in SUITE:
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for function, message in messages(parsed(module)):
            following.message(module, function, message)
            number += 1
    assert number > 700
    assert following.wrong == {}, "say it with say(…), or joined(…) of sentences, from conformance.language"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('assert count, say("the count is {count}", count)', ""),
        ('assert count, joined("; ", [say("one"), say("two")])', ""),
        ("assert count, problem(count)", ""),
        ("assert count", "no sentence"),
        ('assert count, f"the count is {count}"', "plain words in an f-string"),
        ('raise NotApplicable("there is no count")', "plain words"),
        ('why = "there is none"\n    raise Inconclusive(why)', "plain words"),
        ('assert count, say("{count}{more}", count, f" and {count} more")', "plain words in an f-string"),
        ('assert count, "; ".join([say("one"), say("two")])', "sentences joined as plain text"),
        ('assert count, say("one") + more', "a sentence is added to"),
        ("assert count, f'{problem(count)}{more}'", "a sentence in an f-string"),
        ("assert count, plain(count)", "plain words"),
    ],
)
def test_what_is_none_is_found(body: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f"def test(count, more):\n    {body}\n"
        'def problem(count):\n    return say("there is none") if count else ""\n'
        'def plain(count):\n    return "there is none" if count else say("there is one")\n'
    )
    tree = ast.parse(text)
    monkeypatch.setattr(sayings, "parsed", lambda module: tree)
    following = Following()
    for function, message in messages(tree):
        following.message("here", function, message)
    found = " ".join(following.wrong.values())
    assert found.startswith(wrong) if wrong else not found
