"""The parts of a report, from findings and exchanges: entries, evidence, and what the run cost."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from math import ceil
from typing import Any

from conformance.contract.marks import ENDPOINT
from conformance.contract.requirement import Requirement
from conformance.contract.sources import link
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.observed import count_or_zero
from conformance.judgement.verdict import Finding
from conformance.sending.clients import fields_of
from conformance.sending.curl import address, curl

from .report import Entry, Evidence, Latency, Spend

EVIDENCE_CHARACTERS = 40_000  #: of a body that a report shows; the archive keeps the whole


def entries(
    catalogue: Mapping[str, Requirement], findings: Iterable[Finding], later: Container[str] = ()
) -> tuple[Entry, ...]:
    """One entry for each requirement that was found something about, in the order of ids; `later` are the ids of those
    that do not count."""
    by_requirement: dict[str, list[Finding]] = {}
    for finding in findings:
        by_requirement.setdefault(finding.requirement, []).append(finding)
    return tuple(_entry(catalogue[id], by_requirement[id], id in later) for id in sorted(by_requirement))


def _entry(requirement: Requirement, findings: Sequence[Finding], later: bool) -> Entry:
    return Entry(
        id=requirement.id,
        level=requirement.level,
        sentence=requirement.sentence,
        source=requirement.source,
        link=link(requirement.source),
        at=requirement.at,
        hint=requirement.hint,
        contract=requirement.contract,
        findings=tuple(findings),
        later=later,
        impact=requirement.impact,
        warns=requirement.warns,
    )


def evidence_of(exchange: Exchange, base_url: str, key_variable: str, headers: Iterable[str] = ()) -> Evidence:
    """An exchange as a report shows it. The key stays a variable, and so do the fields with the names `headers`."""
    request = exchange.request
    text = _text(exchange)
    return Evidence(
        key=request.key,
        label=request.label,
        model=str(request.asked.get("model", "")),
        method=request.method,
        url=address(base_url, request),
        request_headers=(*request.headers, *fields_of(exchange.client)),
        request_body=request.body.decode("utf-8", "replace")[:EVIDENCE_CHARACTERS],
        status=exchange.status,
        headers=tuple(exchange.headers),
        body=text[:EVIDENCE_CHARACTERS],
        truncated=len(text) > EVIDENCE_CHARACTERS,
        streamed=exchange.streamed,
        failure=str(exchange.failure or ""),
        curl=curl(request, base_url, key_variable, exchange.client, headers),
        shared=ENDPOINT in request.features,
    )


def _text(exchange: Exchange) -> str:
    """The content as a report shows it."""
    if withheld := exchange.withheld:
        return f"[{withheld.size:,} bytes with the SHA-256 {withheld.sha256} are not stored: {withheld.reason}]"
    try:
        return exchange.text
    except Inconclusive:  # a content coding that cannot be undone
        return exchange.wire.decode("utf-8", "replace")


def spend_of(exchanges: Iterable[Exchange], sent: int | None = None) -> Spend:
    """What these exchanges cost, by the usage that the endpoint reported; `sent` is how many requests were sent, None
    where that is known by the exchanges only."""
    requests = input_tokens = output_tokens = 0
    for exchange in exchanges:
        requests += 1
        usage = _usage(exchange)
        input_tokens += max(0, count_or_zero(usage, "prompt_tokens"))
        output_tokens += max(0, count_or_zero(usage, "completion_tokens"))
    return Spend(requests if sent is None else sent, input_tokens, output_tokens)


def latency_of(exchanges: Iterable[Exchange]) -> Latency | None:
    """How long the replies took; None where none has a time."""
    answered = [each for each in exchanges if each.succeeded and each.seconds > 0]
    whole = sorted(each.seconds for each in answered)
    first = sorted(each.reads[0][0] for each in answered if each.streamed and each.reads)
    if not whole:
        return None
    return Latency(_quantile(whole, 0.5), _quantile(whole, 0.95), _quantile(first, 0.5) if first else None)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The least of these values that at least this share of them do not exceed, to the millisecond."""
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 3)


def _usage(exchange: Exchange) -> dict[str, Any]:
    try:
        documents = exchange.chunks if exchange.streamed else [exchange.document] if exchange.succeeded else []
    except Inconclusive:  # not JSON, or a content coding that cannot be undone
        documents = []
    usages = [document.get("usage") for document in documents if isinstance(document, dict)]
    return next((usage for usage in reversed(usages) if isinstance(usage, dict)), {})
