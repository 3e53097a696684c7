"""What is settled about an exchange before a check is called: some pass, and some say nothing, where signs are missing.

Each entry says what the check looks for first, or for which alone it can be violated. The equality tests hold them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import orjson

from conformance.evidence.exchange import Exchange, Request, list_of
from conformance.evidence.kept import kept_of
from conformance.evidence.observed import may_have
from conformance.suite.cache.members import ANTHROPIC, OPENAI_WRITES, OTHER_HITS, OTHER_WRITES
from conformance.suite.security.patterns import CREDENTIAL_SIGNS
from conformance.suite.support.cache_counts import HITS, WRITE_FIELDS
from conformance.suite.support.markup import TEMPLATE_TOKENS, THOUGHT_TAGS, may_hold, signs_of
from conformance.suite.support.stated_costs import HEADERS, MEMBERS
from conformance.suite.usage.test_counts import OTHER_HITS as COUNTED_HITS
from conformance.suite.usage.test_measured import LONG, PROSE
from conformance.suite.usage.test_unasked import COSTLESS, SHORT

from .signs import Sign
from .streams import irregularities
from .views import has_unique_names


def _in_usage(names: tuple[str, ...]) -> tuple[str, ...]:
    """Members of usage or of its details; of `outer.inner` the outer one."""
    outer = dict.fromkeys(name.partition(".")[0] for name in names)
    return tuple(f"{place}.{name}" for place in ("usage", "details") for name in outer)


def _has_any(text: bytes, words: Sequence[bytes]) -> bool:
    for word in words:  # noqa: SIM110 (a generator takes twice as long)
        if word in text:
            return True
    return False


@kept_of
def _asked(request: Request) -> bytes | None:
    """The members of a request as JSON in lower case. None where it holds half a surrogate pair, or a large number."""
    try:
        return orjson.dumps(request.asked).lower()
    except TypeError:
        return None


_DAMAGED = "\ufffd".encode()


# --- tests --------------------------------------------------------------------------------------------------


def is_short(exchange: Exchange) -> bool:
    """Whether the prompt may be of few bytes, and nothing but messages."""
    asked = exchange.request.asked
    if not COSTLESS.issuperset([name for name, value in asked.items() if value is not None]):
        return False
    contents = [each.get("content") for each in list_of(asked.get("messages")) if isinstance(each, dict)]
    return sum(len(each) for each in contents if isinstance(each, str)) <= SHORT


def is_refused(exchange: Exchange) -> bool:
    return exchange.status >= 400


def is_repeated(exchange: Exchange) -> bool:
    return not has_unique_names(exchange)


def has_escapes(exchange: Exchange) -> bool:
    return b"\\u" in exchange.content


def has_damage(exchange: Exchange) -> bool:
    """Whether the reply or the request may hold U+FFFD or half a surrogate pair, or the reply may have no text."""
    content, asked = exchange.content, _asked(exchange.request)
    if asked is None or _DAMAGED in asked or _DAMAGED in content or b"\\u" in content:
        return True
    broken = exchange.streamed and exchange.stream.broken
    return bool(broken) or not any("role" in message for message in exchange.messages)


def has_secret(exchange: Exchange) -> bool:
    """Whether a word by which credentials are found may be in the header fields, or in the content beside choices."""
    texts = [f"{name}: {value}".encode("utf-8", "replace") for name, value in exchange.headers]
    try:
        texts += map(orjson.dumps, _beside_choices(exchange))
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        return True
    text = b"\n".join(texts)
    return "anthropic-organization-id" in exchange.fields or _has_any(text, _SECRETS)


_SECRETS = [each.encode() for each in CREDENTIAL_SIGNS]


def _beside_choices(exchange: Exchange) -> Iterator[Any]:
    """The documents of a response without their choices, each once where it comes several times in turn."""
    before: Any = None
    for document in exchange.stream.documents if exchange.streamed else [exchange.document]:
        beside = {**document, "choices": None} if isinstance(document, dict) else document
        if beside != before:
            yield beside
        before = beside


def has_reasoning(exchange: Exchange) -> bool:
    return may_have(exchange, "reasoning_content")


def has_sound(exchange: Exchange) -> bool:
    return may_have(exchange, "audio")


def has_moderation(exchange: Exchange) -> bool:
    return may_have(exchange, "moderation")


def has_names_elsewhere(exchange: Exchange) -> bool:
    """Whether a name that begins with `cached_` may stand elsewhere than in the details of the usage."""
    content = exchange.content
    usages = [each.get("usage") for each in (exchange.chunks if exchange.streamed else [exchange.reply])]
    details = [each.get("prompt_tokens_details") for each in usages if isinstance(each, dict)]
    within = sum(name.startswith("cached_") for each in details if isinstance(each, dict) for name in each)
    return b"\\u00" in content or content.count(b"cached_") != within


def may_be_undercounted(exchange: Exchange) -> bool:
    """Whether usage.whole_prompt may find less than four tokens in the prompt, or more than are counted. It finds no
    more than one in a dozen bytes of the request, and no less than one for a dozen different pairs of neighbours in a
    message: of what is repeated it counts more characters than there are such pairs in it."""
    asked, usage = _asked(exchange.request), exchange.usage
    count = usage.get("prompt_tokens")
    if asked is None or type(count) is not int or not len(asked) // PROSE <= count or len(asked) >= LONG:
        return True
    messages = [each for each in list_of(exchange.request.asked.get("messages")) if isinstance(each, dict)]
    texts = [text for each in messages if isinstance(text := each.get("content"), str)]
    fewest = sum(len({*pairwise(text[:LONG_ENOUGH])}) for text in texts)
    return fewest < 4 * PROSE or b"<think" in asked


LONG_ENOUGH = 96  #: characters of a message that are looked at


def has_markup(exchange: Exchange) -> bool:
    """Whether a text or a request may hold a token of a template or a tag of thoughts, or the reply has no text."""
    texts = [text for each in exchange.messages if isinstance(text := each.get("content"), str) and text]
    if not texts or any(may_hold(text, markup) for text in texts for markup in (TEMPLATE_TOKENS, THOUGHT_TAGS)):
        return True
    asked = _asked(exchange.request)
    return asked is None or _has_any(asked, _MARKUP)


_MARKUP = [each.encode() for markup in (TEMPLATE_TOKENS, THOUGHT_TAGS) for each in signs_of(markup)]


def is_odd(exchange: Exchange) -> bool:
    """Whether a message has neither text nor a call, or another role than the assistant's."""
    return not all(map(_is_whole, exchange.choices))


def _is_whole(choice: dict[str, Any]) -> bool:
    message = choice.get("message")
    if (
        not isinstance(message, dict)
        or not isinstance(role := message.get("role"), str)
        or role.replace("assistant", "")
    ):
        return False
    content = message.get("content")
    return bool(isinstance(content, str) and content) or (content is None and bool(message.get("tool_calls")))


def has_known_answer(exchange: Exchange) -> bool:
    """Whether a request may be one whose answer is known."""
    messages = list_of(exchange.request.asked.get("messages"))
    said = messages[-1].get("content") if messages and isinstance(messages[-1], dict) else None
    return isinstance(said, str) and said.lstrip().startswith(("Say ", "Count from 1 to ", "Repeat exactly "))


def may_end_with_calls(exchange: Exchange) -> bool:
    """Whether a choice may end with the finish_reason tool_calls, or a stream may have broken off."""
    return may_have(exchange, "tool_calls") or (exchange.streamed and "framing" in irregularities(exchange))


# --- requirements -------------------------------------------------------------------------------------------

#: Where a reply may state its cost.
_STATED = (*(f"usage.{name}" for name in (*MEMBERS, "cost_details")), *(f"field.{name}" for name in HEADERS))
#: Requirements that are not applicable to what has none of these signs.
SILENT: Mapping[str, tuple[Sign, ...]] = {
    "cache.anthropic_members_agree": _in_usage(tuple(ANTHROPIC)),
    "cache.gpt_hits_in_steps": (f"counted.{HITS}",),
    "cache.hits_of_a_prefix": (f"counted.{HITS}",),
    "cache.hits_under_their_name": _in_usage(OTHER_HITS),
    "cache.no_hit_on_short_gpt_prompt": ("family.gpt",),
    "cache.no_writes_elsewhere": ("family.gemini", "family.deepseek", "family.grok"),
    "cache.no_writes_on_gpt": ("family.gpt",),
    "cache.openai_writes_agree": (f"details.{OPENAI_WRITES}",),
    "cache.openai_writes_fit": (f"details.{OPENAI_WRITES}",),
    "cache.short_claude_prompt": ("family.claude",),
    "cache.total_with_buckets": tuple(f"counted.{name}" for name in WRITE_FIELDS),
    "cache.writes_under_their_name": _in_usage(OTHER_WRITES),
    "errors.mistakes_are_not_retried": ("field.x-should-retry",),
    "message.no_template_tokens": ("message.content",),
    "ratelimit.counts": ("field.x-ratelimit-limit-*", "field.x-ratelimit-remaining-*"),
    "ratelimit.remaining_within_limit": ("field.x-ratelimit-remaining-*",),
    "ratelimit.reset_durations": ("field.x-ratelimit-reset-*",),
    "reasoning.answer_in_content": ("choice.none", "asked.response_format", has_known_answer),
    "reasoning.reasoning_apart": ("message.content",),
    "reasoning.reasoning_is_text": (has_reasoning, "choice.none"),
    "reasoning.shown_reasoning_is_counted": ("message.reasoning_content", "message.reasoning"),
    "served.refusal_says_why": (is_refused,),
    "tools.finish_has_call": ("choice.none", may_end_with_calls),
    "transport.no_identity_named": ("field.content-encoding",),
    "usage.hits_agree": _in_usage(COUNTED_HITS),
    "usage.hits_and_misses": ("usage.prompt_cache_hit_tokens",),
    "usage.native_counts_agree": ("usage.input_tokens", "usage.output_tokens"),
    "usage.one_stated_cost": _STATED,
    "usage.stated_cost": _STATED,
    "usage.output_is_written": ("family.gpt", "family.claude"),
    "usage.refusals_cost_nothing": tuple(f"field.{each}" for each in HEADERS),
    "usage.short_prompt": (is_short,),
    "usage.text_beside_reasoning": ("output.reasoning_tokens",),
    "usage.two_words": (is_short,),
}

#: Requirements that pass where none of these signs is there.
PASSING: Mapping[str, tuple[Sign, ...]] = {
    "cache.names_in_place": (has_names_elsewhere,),
    "envelope.logprobs_unasked": ("asked.logprobs", "choice.logprobs"),
    "equivalence.whole_message": (is_odd,),
    "framing.data_only": ("stream.framing",),
    "framing.done_once": ("stream.framing",),
    "framing.events_closed": ("stream.framing",),
    "framing.json_in_data": ("stream.framing",),
    "framing.keep_alive": ("stream.framing", "stream.idle"),
    "framing.known_fields": ("stream.framing",),
    "framing.nothing_after_done": ("stream.framing",),
    "framing.one_json_object": ("stream.framing",),
    "framing.utf8": ("stream.framing",),
    "message.not_empty": ("choice.none", "asked.stop", "asked.functions", is_odd),
    "message.no_template_tokens": (has_markup,),
    "message.stream_not_empty": ("asked.stop", "stream.choices", "stream.unfinished", is_odd),
    "reasoning.reasoning_apart": (has_markup,),
    "security.no_upstream_credentials": (has_secret,),
    "streaming.delta_alone": ("stream.message",),
    "streaming.done_after_finish": (
        "stream.framing", "stream.choices", "stream.unfinished", "asked.modalities", has_sound,
    ),
    "streaming.finish_once": ("stream.choices", "stream.unfinished", "stream.finished again"),
    "streaming.index_zero": ("asked.n", "stream.choices"),
    "streaming.no_empty_choices": ("stream.empty",),
    "streaming.no_silent_end": ("stream.framing",),
    "streaming.nothing_after_finish": ("stream.choices", "stream.unfinished", "stream.late"),
    "streaming.one_created": ("stream.created",),
    "streaming.one_id": ("stream.id",),
    "streaming.one_model": ("stream.model",),
    "streaming.role_first": ("stream.choices", "stream.role"),
    "streaming.role_once": ("stream.choices", "stream.role again"),
    "streaming.text_not_again": ("stream.choices", "stream.text"),
    "streaming.usage_last": (
        "stream.no usage", "stream.usage early", "asked.modalities", has_sound, has_moderation,
    ),
    "streaming.usage_null_elsewhere": ("stream.usage lacking",),
    "streaming.usage_once": ("stream.no usage", "stream.usage again"),
    "streaming.usage_unasked": ("stream.usage",),
    "streaming.usage_without_choices": ("stream.no usage", "stream.usage in choice"),
    "transport.unique_names": (is_repeated,),
    "unicode.no_lone_surrogate": (has_escapes,),
    "unicode.no_replacement_character": (has_damage,),
    "usage.unasked_details": (
        "asked.prediction", "asked.audio", "asked.modalities", "counted.audio_tokens", "output.audio_tokens",
        "output.accepted_prediction_tokens", "output.rejected_prediction_tokens",
    ),
    "usage.whole_prompt": (may_be_undercounted,),
}  # fmt: skip
