"""Prompt caching as only asking shows it: cold, then warm, then streamed; by lifetime; by position of the markers.

Money rests on what is compared here, for no single reply shows a write in the wrong bucket, one that is not reported,
or hits and uncached input exchanged. A cache that did not engage is inconclusive; `caching.markers_reach` says whether
it can.
"""

from __future__ import annotations

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, drop, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import (
    AUTOMATIC_COLD,
    AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_MIXED,
    CACHE_MIXED_STREAM,
    CACHE_WARM,
    CACHE_WARM_STREAM,
)
from conformance.contract.requirement import Area
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.send import Send
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES, WRITES_1H, WRITES_5M
from conformance.suite.support.cache_faults import (
    NO_CACHE_CONTROL,
    NOT_WRITTEN,
    all_5m,
    answering,
    cached_twice_in_prompt,
    exchanged,
    fewer,
    half_written,
    has_tools,
    hidden,
    hits_subtracted,
    more_prompt,
    no_writes,
    read_as_write,
    recount,
    streams,
    twice,
    uncached_as_hits,
    warm,
    without_5m,
    write_as_read,
    wrote,
)
from conformance.suite.support.cached_prompts import (
    AUTOMATIC_OTHER,
    CACHE_FIVE_STREAM,
    CACHE_HOUR_WARM,
    CACHE_TOOLS,
    CACHE_TOOLS_STREAM,
    COLD,
    FIVE_MARKERS,
    GROWN,
    HOUR,
    OTHERWISE,
    SALTS,
    SHORT,
    STREAMED,
    SUFFIX,
    TRIES,
    UNKNOWN_TTL,
    UNMARKED,
    UNMARKED_OTHER,
    WITH_TOOLS,
    WRONG_ORDER,
    Counted,
    all_counted,
    cold_unless_twice,
    counted,
    first_found,
    first_hit,
    grown,
    held,
    hits_every_time,
    in_couples,
    in_time,
    placements,
    prompt_is_constant,
    repetition,
    repetitions,
    reported,
    same,
    silent,
    suffix,
    written,
)

AREA = Area("caching")

# --- whether anything is cached -----------------------------------------------------------------------------


@AREA.should(
    "report a cache write for a long Claude prompt marked in at least one of the usual places",
    on=[CACHE_COLD],
    source="phanedge#extension-fields",
    contract=["cache-35"],
    at=DETAILS,
    hint="Pass cache_control on: parts kept as typed structs and system messages joined to one string lose it.",
    broken_by={"never": recount(no_writes), "no details": drop(DETAILS)},
)
def test_markers_reach(send: Send) -> None:
    """The other places cost a request each, and are tried only where a part of the system message is not enough."""
    seen: list[Counted] = []
    lacking = ""
    for request in (CACHE_COLD, *placements()):
        try:
            found = counted(send(request))
        except Inconclusive as reason:
            lacking = str(reason)
            continue
        if found.written:
            return
        seen.append(found)
    if not seen:
        raise Inconclusive(f"no marked prompt was answered with counts: {lacking}")
    places = "as a part of the system or user message, a message, a tool, or at the top"
    told = f"no write is reported under PhanEdge's names wherever cache_control stands, {places}"
    held(False, told + mapped(seen[0].exchange.usage), *seen)


@AREA.must(
    "report a hit of no more than half of a prompt of Claude's that it is sent for the first time",
    on=COLD,
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-17", "cache-18", "cache-19", "cache-20"],
    at=f"{DETAILS}.{HITS}",
    hint="cached_tokens is what was read; what was written to the cache is in cached_write_tokens only.",
    broken_by={
        "writes as hits": recount(write_as_read),
        "in streams": streams(recount(write_as_read)),
        "all of it": recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"], **NOT_WRITTEN})),
    },
)
def test_cold_is_cold(exchanges: list[Exchange]) -> None:
    """Each prompt begins with a salt of this run. What a gateway puts before it may be cached, and is short. One alone
    proves nothing: the gateway may have sent it upstream twice."""
    hot = [each for each in all_counted(exchanges) if each.hits * 2 > each.prompt]
    first = [each for each in hot if not each.exchange.earlier]
    held(len(first) < 2, f"{len(first)} prompts that were never sent before are said to be cached", *first)
    if hot:
        told = "; ".join(map(str, hot))
        raise Inconclusive(f"one prompt alone, which may have been sent upstream before, is said to be cached: {told}")


@AREA.must(
    "report a hit of no more than half of a prompt of GPT's that it is sent for the first time",
    on=[AUTOMATIC_COLD],
    source="openai-caching#requirements",
    contract=["cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="cached_tokens is what was read from the cache of this prompt: never its length, nor that of an earlier one.",
    broken_by=put(f"{DETAILS}.{HITS}", 3000),
)
def test_automatic_cold_is_cold(send: Send) -> None:
    cold_unless_twice(send, AUTOMATIC_COLD, AUTOMATIC_OTHER)


@AREA.must(
    "report a hit of no more than half of an unmarked prompt of Claude's that it is sent for the first time",
    on=[UNMARKED],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-17"],
    at=f"{DETAILS}.{HITS}",
    hint="What is neither read nor written is in none of the cache's counts: input_tokens of Anthropic's are no hits.",
    broken_by=recount(uncached_as_hits),
)
def test_unmarked_cold_is_cold(send: Send) -> None:
    cold_unless_twice(send, UNMARKED, UNMARKED_OTHER)


@AREA.must(
    "report as cache writes of Claude what it later reports as read, of either lifetime and of both",
    on=[CACHE_COLD, CACHE_WARM, CACHE_HOUR, CACHE_MIXED],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-26"],
    at=f"{DETAILS}.{WRITES}",
    hint="Nothing can be read that was not written: serialise the upstream's count of writes, too.",
    broken_by={
        "none": recount(no_writes),
        "of one hour": only(lambda each: each.label.startswith(CACHE_HOUR.label), recount(no_writes)),
        "of both": only(lambda each: each.label.startswith(CACHE_MIXED.label), recount(no_writes)),
    },
)
def test_writes_are_reported(send: Send) -> None:
    reported(send, CACHE_COLD, CACHE_HOUR, CACHE_MIXED)


@AREA.must(
    "report as cache writes of Claude what it later reports as read, where the prompt has tools, plain and streamed",
    on=[CACHE_TOOLS, CACHE_TOOLS_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-26", "cache-32"],
    at=f"{DETAILS}.{WRITES}",
    hint="A reply with tool calls has the same usage as any other: fill it in one place for both.",
    broken_by={
        "plain": only(lambda each: has_tools(each) and not each.streams, recount(no_writes)),
        "streamed": only(lambda each: has_tools(each) and each.streams, recount(no_writes)),
    },
)
def test_writes_with_tools_are_reported(send: Send) -> None:
    reported(send, CACHE_TOOLS, CACHE_TOOLS_STREAM)


@AREA.must(
    "count what is written to the cache once where the prompt has tools, plain and streamed",
    on=[CACHE_COLD, CACHE_HOUR, CACHE_TOOLS, CACHE_TOOLS_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-06", "cache-34"],
    at=f"usage.prompt_tokens {DETAILS}.{WRITES}",
    hint="The counts of message_start and message_delta are cumulative: take the later, do not add, with tools, too.",
    broken_by={
        "plain": answering(CACHE_TOOLS, recount(twice)),
        "streamed": answering(CACHE_TOOLS_STREAM, recount(twice)),
    },
)
def test_tools_count_once(send: Send) -> None:
    """Roughly: how many tokens a tool comes to, with what explains it to the model, nobody says."""
    pairs = [pair for pair in in_couples(send, WITH_TOOLS) if pair[1].written]
    for plain, found in pairs:
        off = max(abs(found.written - plain.written), abs(found.prompt - plain.prompt))
        held(off * 4 <= plain.prompt, "one small tool makes this difference to a long prompt", found, plain)
    if not pairs:
        raise Inconclusive("with tools no write is reported, which is another requirement")


@AREA.should(
    "report a cache write for a long marked Claude prompt of another lifetime, of two, or with tools, where it does"
    " for the plainest",
    on=[CACHE_COLD, CACHE_HOUR, CACHE_MIXED, CACHE_TOOLS, CACHE_TOOLS_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-35"],
    at=DETAILS,
    hint="Pass cache_control and usage on whatever the request has in it: what is not cached costs ten times a hit.",
    broken_by={
        "with tools": answering(CACHE_TOOLS, recount(hidden)),
        "with tools, streamed": answering(CACHE_TOOLS_STREAM, drop(DETAILS)),
        "of one hour": answering(CACHE_HOUR, recount(hidden)),
        "of two lifetimes": answering(CACHE_MIXED, recount(hidden)),
    },
)
def test_every_kind_is_written(send: Send) -> None:
    for plain, found in in_couples(send, (*OTHERWISE, *WITH_TOOLS)):
        held(found.written > 0, "the plain one is written, and as long a one of another kind is not", found, plain)


@AREA.must(
    "report a marked prefix that was written as read, or as written once more, when it is sent again to Claude",
    on=[CACHE_COLD, CACHE_WARM],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-25"],
    at=f"{DETAILS}.{HITS}",
    hint="Map cache_read_input_tokens to cached_tokens, and serialise it.",
    broken_by=warm(recount(hidden)),
)
def test_hits_are_reported(send: Send) -> None:
    found = silent(send, CACHE_COLD)
    held(not found, "a marked prefix that was written is neither read nor written", *(found or ()))


@AREA.must(
    "report a prefix that was written for one hour as read, or as written once more, when it is sent again to Claude",
    on=[CACHE_HOUR, CACHE_HOUR_WARM],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-25"],
    at=f"{DETAILS}.{HITS}",
    hint="cache_read_input_tokens is what was read of either lifetime: map it whole to cached_tokens.",
    broken_by=only(lambda each: each.label.startswith(CACHE_HOUR_WARM.label), recount(hidden)),
)
def test_hits_of_an_hour_are_reported(send: Send) -> None:
    found = silent(send, CACHE_HOUR)
    held(not found, "a prefix that was written for one hour is neither read nor written", *(found or ()))


@AREA.should(
    "report the hits of a repeated long GPT prompt in a plain reply where it does in a stream, and the reverse",
    on=[AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM],
    source="openai-caching#requirements",
    contract=["cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="Pass prompt_tokens_details on in both forms.",
    broken_by={
        "plain": warm(recount(hidden)),
        "streamed": streams(recount(hidden)),
        "no details": streams(drop(DETAILS)),
    },
)
def test_automatic_hits(send: Send) -> None:
    """That nothing hits at all within the tries is inconclusive: a cache is best effort."""
    first = counted(send(AUTOMATIC_COLD))
    plain = first_hit(send, AUTOMATIC_COLD, (2, 3, 4))
    streamed = first_hit(send, AUTOMATIC_WARM_STREAM, (1, 2, 3))
    if not plain.hits and not streamed.hits:
        raise Inconclusive(f"no repetition hit, plain or streamed: {first}; {plain}; {streamed}")
    held(bool(plain.hits and streamed.hits), "three repetitions in one form report no hit", plain, streamed)


# --- which bucket -------------------------------------------------------------------------------------------


@AREA.must(
    "report what is marked without a ttl as written for five minutes, also beside what is read",
    on=[CACHE_COLD, GROWN],
    source="phanedge#extension-fields",
    contract=["cache-17"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="The lifetime is five minutes where cache_control has no ttl.",
    broken_by={
        "one hour": recount(exchanged),
        "no bucket": drop(f"{DETAILS}.{WRITES_5M}"),
        "beside a hit": answering(GROWN, recount(exchanged)),
    },
)
def test_default_is_5m(exchange: Exchange) -> None:
    found = written(exchange)
    assert found.written_5m == found.written, f"not all of the write is in the 5m bucket: {found}"


@AREA.must(
    "report a marker with ttl 5m exactly as one without",
    on=[CACHE_COLD, CACHE_FIVE_STREAM],
    source="anthropic-caching#1-hour-cache-duration",
    contract=["cache-18"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="Without a ttl a marker is one of five minutes: pass both on alike, and take the counts of both from the same"
    " members, cache_creation.ephemeral_5m_input_tokens above all. The marker with ttl 5m was streamed.",
    broken_by={
        "one hour": answering(CACHE_FIVE_STREAM, recount(exchanged)),
        "other counts": answering(CACHE_FIVE_STREAM, recount(fewer(WRITES_5M, 500))),
    },
)
def test_5m_is_the_default(send: Send) -> None:
    default, explicit = written(send(CACHE_COLD)), written(send(CACHE_FIVE_STREAM))
    held(explicit.written_5m == explicit.written, "not all of the write is in the 5m bucket", explicit)
    same("written", SALTS, explicit, default)


@AREA.must(
    "report what is marked with ttl 5m as written for five minutes, with tools and streamed, too",
    on=[CACHE_TOOLS, CACHE_FIVE_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-18", "cache-32"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="Map cache_creation.ephemeral_5m_input_tokens wherever usage is written: plain, streamed, with tool calls.",
    broken_by={
        "with tools": answering(CACHE_TOOLS, recount(exchanged)),
        "streamed": streams(recount(exchanged)),
        "in part": recount(lambda usage, counts: counts.update({WRITES_1H: 100, WRITES_5M: counts[WRITES_5M] - 100})),
    },
)
def test_5m_is_5m(exchange: Exchange) -> None:
    found = written(exchange)
    assert found.written_5m == found.written, f"not all of the write is in the 5m bucket: {found}"


@AREA.must(
    "report what is marked with ttl 1h as written for one hour, streamed, with tools, and written once more, too",
    on=[CACHE_HOUR, CACHE_HOUR_WARM, CACHE_TOOLS_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-19", "cache-32"],
    at=f"{DETAILS}.{WRITES_1H} {DETAILS}.{WRITES_5M}",
    hint="Pass ttl on to the upstream, and map cache_creation.ephemeral_1h_input_tokens: it has a price of its own.",
    broken_by={
        "downgraded": recount(all_5m),
        "no split": drop(f"{DETAILS}.{WRITES_1H}"),
        "in part": recount(lambda usage, counts: counts.update({WRITES_5M: 100, WRITES_1H: counts[WRITES_1H] - 100})),
        "streamed": streams(recount(all_5m)),
    },
)
def test_1h_is_1h(exchange: Exchange) -> None:
    """Beside what is read an upstream may write a small tail, by a breakpoint of its own."""
    found = written(exchange)
    if found.hits > found.written:
        raise NotApplicable(f"most of the prompt was read: {found}")
    assert found.written_1h == found.written, f"not all of the write is in the 1h bucket: {found}"


@AREA.must(
    "report both buckets where a block is marked for one hour and the next for five minutes, plain and streamed",
    on=[CACHE_MIXED, CACHE_MIXED_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-20", "cache-32"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="Map both members of cache_creation, ephemeral_5m_input_tokens and ephemeral_1h_input_tokens, each to its own"
    " bucket, and pass on the ttl of every marker: an hour costs twice the input, five minutes 1.25 times.",
    broken_by={
        "5m alone": recount(all_5m),
        "no split": chain(drop(f"{DETAILS}.{WRITES_1H}"), drop(f"{DETAILS}.{WRITES_5M}")),
    },
)
def test_mixed_fills_both(exchange: Exchange) -> None:
    found = written(exchange)
    assert min(found.written_5m, found.written_1h) > 0, f"one of two lifetimes is not reported: {found}"


@AREA.should(
    "write for one hour up to the marker of one hour, and for five minutes from there to the next",
    on=[CACHE_HOUR, CACHE_MIXED],
    source="anthropic-caching#mixing-different-ttls",
    contract=["cache-21"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="With the last 1h marker at B, the last marker at C and a hit up to A: 1h is B - A, 5m is C - B.",
    broken_by={
        "exchanged": answering(CACHE_MIXED, recount(exchanged)),
        "5m overlaps": answering(
            CACHE_MIXED, recount(lambda usage, counts: counts.update({WRITES_5M: counts[WRITES_5M] // 2}))
        ),
    },
)
def test_mixed_by_position(send: Send) -> None:
    hour, mixed = written(send(CACHE_HOUR)), written(send(CACHE_MIXED))
    second = mixed.prompt - hour.prompt
    off = abs(mixed.written_1h - hour.written)
    held(off <= max(SALTS, hour.written // 200), "the 1h bucket is not the size of the block marked 1h", mixed, hour)
    most = max(20, hour.written // 100)
    held(
        abs(mixed.written_5m - second) <= most, f"the 5m bucket is not the second block's {second} tokens", mixed, hour
    )


# --- conservation -------------------------------------------------------------------------------------------


@AREA.should(
    "not write again what it reads, when a marked prompt is sent again to Claude",
    on=[CACHE_COLD, CACHE_WARM],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-25"],
    at=f"{DETAILS}.{WRITES}",
    hint="Report the writes of this request alone: counts of the request that wrote the cache are not to be kept.",
    broken_by=warm(recount(half_written)),
)
def test_warm_writes_nothing(send: Send) -> None:
    """A small tail may be written, by a breakpoint that an upstream sets of itself."""
    cold, warm = written(send(CACHE_COLD)), repetition(send)
    held(warm.written * 20 <= cold.written, "a repetition that hit was charged a write as well", warm, cold)


@AREA.should(
    "read from the cache exactly what was in it or written to it, when the same prompt is sent again to Claude",
    on=[CACHE_COLD, CACHE_WARM],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-26"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="Hits and writes are the upstream's counts, not estimates: cold and warm they come to the same.",
    broken_by={
        "fewer": warm(recount(fewer(HITS, 100))),
        "the uncached too": warm(recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"]}))),
    },
)
def test_read_is_what_was_written(send: Send) -> None:
    cold, warm = written(send(CACHE_COLD)), repetition(send)
    kept, found = cold.hits + cold.written, warm.hits + warm.written
    held(kept == found, f"{kept} tokens were in the cache, and {found} were found", warm, cold)


@AREA.should(
    "read what was written for one hour, all of it, and write nothing, when the prompt is sent again to Claude",
    on=[CACHE_HOUR, CACHE_HOUR_WARM],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-25", "cache-26"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="A write for one hour costs twice the input, and pays only where it is read: keep the ttl of every request.",
    broken_by={
        "fewer": answering(CACHE_HOUR_WARM, recount(fewer(HITS, 100))),
        "written, too": answering(CACHE_HOUR_WARM, recount(half_written)),
        "never read": only(lambda each: each.label.startswith(CACHE_HOUR_WARM.label), recount(read_as_write)),
    },
)
def test_hour_is_read(send: Send) -> None:
    """That it is never read is a violation only where what was written for five minutes is read every time."""
    cold = written(send(CACHE_HOUR))
    missed: list[Counted] = []
    for later in repetitions(send, CACHE_HOUR):
        if later.hits:
            held(later.written * 20 <= cold.written, "a repetition that hit was charged a write as well", later, cold)
            kept, found = cold.hits + cold.written, later.hits + later.written
            held(kept == found, f"{kept} tokens were in the cache, and {found} were found", later, cold)
            return
        missed.append(later)
    five = written(send(CACHE_COLD))
    in_time(cold, missed, HOUR)
    told = f"what was written for one hour was missed {len(missed)} times, and what was for five minutes never"
    held(not hits_every_time(send), told, *missed, cold)
    raise Inconclusive(f"{len(missed)} repetitions hit nothing, nor do all those of another prompt: {cold}; {five}")


@AREA.must(
    "report the same prompt_tokens for the same Claude prompt, written, read, and streamed",
    on=[CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-27", "cache-33"],
    at="usage.prompt_tokens",
    hint="prompt_tokens is uncached input + hits + writes, from the upstream's counts; never a local estimate.",
    broken_by={
        "hits subtracted": warm(recount(hits_subtracted)),
        "cached twice": warm(recount(cached_twice_in_prompt)),
        "streamed estimate": streams(recount(more_prompt(25))),
    },
)
def test_prompt_is_constant(send: Send) -> None:
    prompt_is_constant(send, CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM)


@AREA.must(
    "report the same prompt_tokens for the same GPT prompt, whether it hits or not, and streamed",
    on=[AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-27"],
    at="usage.prompt_tokens",
    hint="Do not subtract cached_tokens from prompt_tokens: it is part of it.",
    broken_by={
        "hits subtracted": recount(hits_subtracted),
        "streamed estimate": streams(recount(more_prompt(25))),
    },
)
def test_automatic_prompt_is_constant(send: Send) -> None:
    prompt_is_constant(send, AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM)


@AREA.should(
    "count the same text as the same prompt_tokens without markers, with the default ttl, and with 1h",
    on=[UNMARKED, CACHE_COLD, CACHE_HOUR],
    source="anthropic-caching#pricing",
    contract=["cache-28"],
    at="usage.prompt_tokens",
    hint="Where prompt_tokens of a marked prompt is larger by what was written, writes are counted twice.",
    broken_by={
        "written twice": recount(cached_twice_in_prompt),
        "1h dearer": answering(CACHE_HOUR, recount(more_prompt(20))),
    },
)
def test_markers_cost_nothing(send: Send) -> None:
    same("prompt", SALTS, *(counted(send(request)) for request in (UNMARKED, CACHE_COLD, CACHE_HOUR)))


@AREA.must(
    "count what is written to the cache or read from it once in prompt_tokens",
    on=[UNMARKED, CACHE_COLD, CACHE_WARM],
    source="phanedge#extension-fields",
    contract=["cache-06", "cache-27"],
    at="usage.prompt_tokens",
    hint="Do not add cached_tokens and cached_write_tokens to an upstream's count that has them in it.",
    broken_by={
        "both twice": recount(cached_twice_in_prompt),
        "hits twice": warm(recount(cached_twice_in_prompt)),
    },
)
def test_cached_counts_once(send: Send) -> None:
    """The same text as without a marker, roughly: a difference of a few tokens is `caching.markers_cost_nothing`."""
    plain = counted(send(UNMARKED))
    for found in (counted(send(CACHE_COLD)), counted(send(CACHE_WARM))):
        if not found.hits and not found.written:
            raise Inconclusive(f"neither a hit nor a write is reported: {found}{mapped(found.exchange.usage)}")
        off = abs(found.prompt - plain.prompt)
        held(off * 4 <= plain.prompt, "a marked text does not cost the tokens of the same text unmarked", found, plain)


# --- streamed -----------------------------------------------------------------------------------------------


@AREA.must(
    "report the cache writes of a stream in its usage chunk",
    on=[CACHE_COLD, CACHE_FIVE_STREAM, CACHE_MIXED, CACHE_MIXED_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-32"],
    at=DETAILS,
    hint="Take the counts of message_start; a later zero in message_delta does not undo them.",
    broken_by={
        "zero": streams(recount(hidden)),
        "no details": streams(drop(DETAILS)),
        "of one lifetime": answering(CACHE_FIVE_STREAM, recount(no_writes)),
    },
    alike=True,
)
def test_streams_report_writes(send: Send) -> None:
    for plain, streamed in in_couples(send, STREAMED):
        held(streamed.written > 0, "a plain reply reports writes, the stream of as long a prompt none", streamed, plain)


@AREA.must(
    "count what a stream writes once, as in a plain reply",
    on=[CACHE_COLD, CACHE_FIVE_STREAM, CACHE_MIXED, CACHE_MIXED_STREAM],
    source="anthropic-streaming#event-types",
    contract=["cache-34"],
    at=f"usage.prompt_tokens {DETAILS}.{WRITES}",
    hint="The counts of message_start and message_delta are cumulative: take the later, do not add.",
    broken_by={
        "added up": streams(recount(twice)),
        "prompt added up": streams(recount(cached_twice_in_prompt)),
        "one bucket": streams(recount(fewer(WRITES_1H, 500))),
        "5m lost": answering(CACHE_MIXED_STREAM, recount(without_5m)),
        "of one lifetime": answering(CACHE_FIVE_STREAM, recount(twice)),
    },
    alike=True,
)
def test_streams_count_once(send: Send) -> None:
    pairs = [pair for pair in in_couples(send, STREAMED) if pair[1].written]
    for plain, streamed in pairs:
        for what in ("written", "written_5m", "written_1h", "prompt"):
            same(what, SALTS, streamed, plain)
    if not pairs:
        raise Inconclusive("no stream reports a write, which is another requirement")


@AREA.must(
    "report the same hits, and no writes, for a warm Claude prompt plain and streamed",
    on=[CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-33"],
    at=DETAILS,
    hint="Pass cache_read_input_tokens of message_start on in the usage chunk.",
    broken_by={
        "lost": streams(recount(hidden)),
        "no details": streams(drop(DETAILS)),
        "others": streams(recount(fewer(HITS, 64))),
        "written, too": streams(recount(half_written)),
    },
    alike=True,
)
def test_streams_read_alike(send: Send) -> None:
    plain = repetition(send)
    streamed = first_found(send, CACHE_WARM_STREAM)
    held(bool(streamed.hits), "a plain reply hits, and a stream neither reads nor writes the prefix", streamed, plain)
    written_again = max(streamed.written, plain.written)  # an upstream may write a small tail of its own (cache-25)
    held(written_again * 20 <= plain.hits, "a hit of the whole prefix is charged a write", streamed, plain)
    same("hits", written_again, streamed, plain)


# --- what is cached -----------------------------------------------------------------------------------------


@AREA.must(
    "report what was read from the cache beside what was written, where a Claude conversation grows",
    on=[CACHE_COLD, GROWN],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-29"],
    at=f"{DETAILS}.{HITS}",
    hint="One reply may both read and write: map cache_read_input_tokens beside cache_creation_input_tokens.",
    broken_by=answering(GROWN, recount(lambda usage, counts: counts.update({HITS: 0}))),
)
def test_hits_beside_writes(send: Send) -> None:
    """What is written begins where what was read ends: where only the end of a long prompt is, the rest was read."""
    cold, found = written(send(CACHE_COLD)), written(send(GROWN))
    begun = found.written * 2 < cold.hits + cold.written
    held(found.hits > 0 or not begun, "only the end of a long prompt is written, and nothing was read", found, cold)


@AREA.should(
    "read the old prefix and write the new part, when a Claude conversation grows and the marker moves to its end",
    on=[CACHE_COLD, GROWN],
    source="anthropic-caching#continuing-a-multi-turn-conversation",
    contract=["cache-29"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="Send earlier messages on unchanged, to the byte, and every message with its own marker.",
    broken_by={
        "the old part grows": answering(
            GROWN, recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 500, WRITES_5M: 500}))
        ),
        "nothing written": answering(GROWN, recount(no_writes)),
        "hits lost beside writes": answering(GROWN, recount(lambda usage, counts: counts.update({HITS: 0}))),
        "never read": only(lambda each: each.label.startswith(GROWN.label), recount(read_as_write)),
    },
)
def test_grown_conversation(send: Send) -> None:
    """That it is written anew each time is a violation only where the plainest repetitions hit every time."""
    cold = written(send(CACHE_COLD))
    kept = cold.hits + cold.written
    missed: list[Counted] = []
    for number in range(TRIES):
        found = counted(send(grown(number)))
        if found.hits or found.written * 100 < kept * 99:
            break
        missed.append(found)
    else:
        in_time(cold, missed)
        told = f"{kept} tokens were cached, and {len(missed)} conversations that grew from them are written anew"
        held(not hits_every_time(send), told, *missed, cold)
        raise Inconclusive(f"the grown conversation missed the cache, and was written anew: {missed[-1]}; {cold}")
    if found.exchange.earlier and not found.written:
        raise Inconclusive(f"it was sent before, unanswered, and is in the cache since: {found}; {cold}")
    held(abs(found.hits - kept) * 100 <= kept, f"{found.hits} of {kept} cached tokens are read", found, cold)
    held(found.written > 0, "what was added is not written", found, cold)


@AREA.should(
    "not hit, and write as much, when the first characters of a marked prefix are others",
    on=[CACHE_COLD, CACHE_HOUR],
    source="anthropic-caching#cache-limitations",
    contract=["cache-30"],
    at=f"{DETAILS}.{HITS}",
    hint="Nothing but an identical prefix is read from the cache: pass the upstream's counts on, never those of a"
    " similar prompt.",
    broken_by={
        "a near miss": answering(
            CACHE_HOUR, recount(lambda usage, counts: counts.update({HITS: 9, WRITES_1H: counts[WRITES_1H] - 9}))
        ),
        "less": answering(CACHE_HOUR, recount(fewer(WRITES_1H, 40))),
    },
)
def test_changed_prefix(send: Send) -> None:
    """A small hit that is the same for both is that of a text which a gateway puts before every prompt."""
    one, other = written(send(CACHE_COLD)), written(send(CACHE_HOUR))
    same("hits", 0, one, other)
    same("written", SALTS, one, other)


@AREA.should(
    "still hit the marked prefix when only the text after the marker is another",
    on=[CACHE_COLD, CACHE_WARM, SUFFIX],
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-31"],
    at=f"{DETAILS}.{HITS}",
    hint="Keep the parts of a system message apart, each with its own cache_control.",
    broken_by={
        "joined": only(lambda each: each.label.startswith(SUFFIX.label), recount(hidden)),
        "marker moved": only(lambda each: each.label.startswith(SUFFIX.label), recount(read_as_write)),
        "in part": answering(SUFFIX, recount(fewer(HITS, 400))),
    },
)
def test_changed_suffix(send: Send) -> None:
    """Another suffix at every try: what wrote a joined block would be hit by its repetition."""
    cold, _ = written(send(CACHE_COLD)), repetition(send)
    tried = []
    for number in range(TRIES):
        tried.append(counted(send(suffix(number))))
        if tried[-1].hits:
            break
    kept = cold.hits + cold.written
    held(
        abs(tried[-1].hits - kept) * 200 <= kept,
        f"{kept} tokens were cached, and what follows is another",
        *tried,
        cold,
    )


@AREA.should(
    "report no cache writes of Claude for a prompt without a marker",
    on=[UNMARKED],
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-15"],
    at=f"{DETAILS}.{WRITES}",
    hint="A gateway that sets markers of itself charges its customer for writes that were not asked for.",
    broken_by=wrote(700),
)
def test_unmarked_writes_nothing(exchange: Exchange) -> None:
    found = counted(exchange)
    assert not found.written, f"nothing is marked, and a write is charged: {found}"


@AREA.should(
    "answer a Claude prompt with four markers that is too short to be cached, and report no writes",
    on=[SHORT],
    source="anthropic-caching#cache-limitations",
    contract=["cache-16", "cache-23"],
    at=f"{DETAILS}.{WRITES} status",
    hint="Four markers are allowed: a gateway that adds one of its own must leave one out.",
    broken_by={
        "written": wrote(700),
        "refused": respond(
            400, {"error": {"message": "A maximum of 4 blocks with cache_control may be provided. Found 5."}}
        ),
    },
)
def test_short_is_not_written(exchange: Exchange, model: Model) -> None:
    if not model.claims("cache.explicit"):
        raise NotApplicable("markers are not claimed to mean anything to this model")
    assert exchange.succeeded, f"four markers on a short prompt were answered with {exchange.outcome}"
    found = counted(exchange)
    assert not found.written, f"a prompt shorter than any that is cached was charged a write: {found}"


@AREA.should(
    "answer content marked with cache_control on a model that does not cache by marker, and report no writes",
    on=[SHORT],
    source="phanedge#extension-fields",
    contract=["cache-36"],
    at="status",
    hint="Take cache_control out where the upstream refuses it.",
    broken_by={"passed on": NO_CACHE_CONTROL, "written": wrote(700)},
)
def test_markers_are_harmless(exchange: Exchange, model: Model) -> None:
    if model.family == "claude":
        raise NotApplicable("Claude caches by marker")
    assert exchange.succeeded, f"a part with cache_control was answered with {exchange.outcome}"
    found = counted(exchange)
    assert not found.written, f"a marker that means nothing to this model was charged a write: {found}"


# --- markers that are wrong ---------------------------------------------------------------------------------


@AREA.should(
    "refuse a marker of one hour after one of five minutes with 400, in words about ttl or cache_control",
    on=[WRONG_ORDER],
    source="anthropic-caching#mixing-different-ttls",
    contract=["cache-22"],
    at="status error.message",
    hint="Pass the upstream's refusal on: a changed lifetime is a changed price.",
    broken_by={"500": status(500), "other words": put("error.message", "Bad request."), "accepted": status(200)},
)
def test_wrong_order(exchange: Exchange) -> None:
    assert exchange.status == 400, f"1h after 5m was answered with {exchange.outcome}, not 400"
    said = str(exchange.error.get("message"))
    told = "ttl" in said.lower() or "cache_control" in said
    assert told, f"the message does not speak of ttl or cache_control: {said[:200]!r}"


@AREA.may(
    "answer more than four markers or refuse them with a 4xx",
    on=[FIVE_MARKERS],
    source="anthropic-caching#cache-limitations",
    contract=["cache-23"],
    at="status",
    hint="Take the last four, or pass the upstream's 400 on.",
    broken_by=status(500),
)
def test_five_markers(exchange: Exchange) -> None:
    fit = exchange.succeeded or 400 <= exchange.status < 500
    assert fit, f"five markers were answered with {exchange.outcome}"


@AREA.may(
    "refuse a ttl that is neither 5m nor 1h with a 4xx",
    on=[UNKNOWN_TTL],
    source="anthropic-caching#1-hour-cache-duration",
    contract=["cache-24"],
    at="status",
    hint="A lifetime that is not known has no price.",
    broken_by={"accepted": status(200), "500": status(500)},
)
def test_unknown_ttl(exchange: Exchange) -> None:
    assert 400 <= exchange.status < 500, f"the ttl 2h was answered with {exchange.outcome}"
