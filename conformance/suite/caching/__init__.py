"""Prompt caching by active probes: the same prompts cold, warm and streamed, by TTL and position of cache breakpoints.

No single reply shows a write in the wrong bucket, a write that is not reported, or hits and uncached input exchanged,
so replies are compared with each other. A cache that did not engage is inconclusive; `caching.markers_reach` tells
whether it can engage.
"""

from conformance.contract.requirement import Area, Impact

AREA = Area(
    "caching",
    Impact.BILLING,
    after=(
        "usage.prompt_tokens.covers_cache",
        "usage.prompt_tokens.covers_cached",
        "usage.prompt_tokens_details.cached_write_tokens.sum_of",
        "cache.total_with_buckets",
        "cache.hits_under_their_name",
        "cache.writes_under_their_name",
    ),
)
