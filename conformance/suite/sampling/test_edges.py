"""Sampling parameters at the ends of their ranges take effect: 0 is a value, and a penalty is not passed over.

What presence_penalty does is not certain in any reply: it counts once, however often a token stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.contract.faults import edit, only, put, status
from conformance.contract.given import OnDemand, usually
from conformance.contract.profile import Model
from conformance.contract.requests import attempts, chat
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.language import say
from conformance.suite.support.refusals import rejected
from conformance.suite.support.replies import answered

from . import AREA

# --- zero ---------------------------------------------------------------------------------------------------------

_DIGITS = "Write 24 random digits without spaces between them, and nothing else."
ZERO_TEMPERATURE = chat(_DIGITS, label="temperature-0", max_tokens=40)
ZERO_TOP_P = chat(_DIGITS, label="top_p-0", max_tokens=40, temperature=None, top_p=0)
BEGINNING = 6  #: digits by which two texts are known to begin alike: by chance one in a million does


def _beginning(exchange: Exchange) -> str:
    """The first digits of an answer. Raises Inconclusive where there are few."""
    digits = re.sub(r"\D", "", text := answered(exchange))
    if len(digits) < BEGINNING:
        raise Inconclusive(say("“{request}”: the model writes no digits: {text!r}", exchange.request, text[:100]))
    return digits[:BEGINNING]


def _repeats(answers: Sequence[Exchange]) -> None:
    """Hold that two of three answers begin alike, unless the parameter is rejected."""
    seen: list[str] = []
    for exchange in answers:
        if rejected(exchange):
            return
        seen.append(_beginning(exchange))
        if seen.count(seen[-1]) > 1:
            return
    raise AssertionError(
        say("{number} answers to “{request}” begin differently: {seen}", len(seen), answers[0].request, ", ".join(seen))
    )


def _of_its_own(document: object) -> None:
    """Other digits in each reply."""
    if isinstance(document, dict):
        for choice in document.get("choices", ()):
            choice["message"]["content"] = "".join(str(ord(each) % 10) for each in reversed(document["id"]))


@AREA.should(
    "take the same way through random digits with temperature 0, and with top_p 0, in two of three answers",
    on={
        "tempered": OnDemand(attempts(ZERO_TEMPERATURE), usual=1),
        "nucleus": OnDemand(attempts(ZERO_TOP_P), usual=1),
    },
    source="openai-openapi#ModelResponseProperties.temperature",
    contract=["sampling-07"],
    warns="a server that computes requests together may decide otherwise between two tokens that are equally likely",
    at="choices.*.message.content",
    hint="0 is a value, and not an absent one: in Go omitempty leaves it out, and in Python `or` takes the default.",
    broken_by={
        "temperature": only(lambda each: each.label.startswith("temperature-0"), edit(_of_its_own)),
        "top_p": only(lambda each: each.label.startswith("top_p-0"), edit(_of_its_own)),
    },
    after=["sampling.zero_takes_the_likeliest"],
    needs_model=True,
)
def test_zero_repeats(tempered: Sequence[Exchange], nucleus: Sequence[Exchange], model: Model) -> None:
    """Where both begin alike, both were heeded."""
    if model.reasons or not model.claims("chat.top_p"):
        raise NotApplicable(say("the model takes no such parameters"))
    if not rejected(tempered[0]) and not rejected(nucleus[0]) and _beginning(tempered[0]) == _beginning(nucleus[0]):
        return
    _repeats(tempered)
    _repeats(nucleus)


# --- penalties ----------------------------------------------------------------------------------------------------

PENALISED = chat(
    "Repeat the word yes 80 times, separated by spaces.",
    label="frequency_penalty-2", temperature=None, frequency_penalty=2, max_tokens=100,
)  # fmt: skip
#: A word forty times in a row. By then the penalty has taken 80 from its logarithm, which leaves no chance of it.
_RUN = re.compile(r"(\b\w+\b\W{1,2})\1{39}")
_REPEATED: Fault = put("choices.*.message.content", "yes " * 80)


@AREA.should(
    "not repeat a word forty times in a row where frequency_penalty is 2, or reject it with a 4xx",
    on={"answers": usually(PENALISED)},
    source="openai-openapi#CreateChatCompletionRequest.frequency_penalty",
    contract=["sampling-07"],
    at="choices.*.message.content",
    hint="Pass penalties on, or reject what the upstream does not take.",
    broken_by={
        "passed over": only(lambda each: each.label == PENALISED.label, _REPEATED),
        "a failure": only(lambda each: each.label == PENALISED.label, status(500)),
    },
)
def test_penalty_varies(answers: Sequence[Exchange], model: Model) -> None:
    """Families other than GPT may ignore penalties (contract, validation-12)."""
    if model.family != "gpt" or model.reasons or not model.claims("chat.frequency_penalty"):
        raise NotApplicable(say("the model takes no such parameter"))
    if not rejected(answers[0]):
        repeated = _repeated(answered(answers[0]))
        assert not repeated, repeated


def _repeated(text: str) -> str:
    """A sentence about a word that is repeated; empty where none is."""
    if not (found := _RUN.search(text)):
        return ""
    times = text.count(found[1])
    return say("with frequency_penalty 2 {found!r} is repeated {count} times", found[1].strip(), times)
