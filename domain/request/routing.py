"""Where upstream may route a request: providers, prices, privacy, fallback models.

A caller cannot loosen the operator's limits: lists of allowed providers are intersected, lists of ignored ones joined,
the lower price cap applies, and privacy options can only be tightened. Source: OpenRouter API reference, routing.
"""

from decimal import Decimal

from domain.request.shapes import (
    Keyed,
    Opaque,
    Shape,
    either,
    flag,
    inner,
    number,
    one_of,
    price,
    reduced,
    some_of,
    texts,
)
from domain.request.turn_request import Routing
from ports.json_values import JsonObject

MOST_MODELS = 3
_PERCENTILES: Shape = {name: number(0, 1e9) for name in ("p50", "p75", "p90", "p99")}
_PRICES: Shape = dict.fromkeys(("prompt", "completion", "request", "image", "audio"), price)
_SORTS = one_of("price", "throughput", "latency", "exacto")
PROVIDER: Shape = {
    "order": texts,
    "only": texts,
    "ignore": texts,
    "allow_fallbacks": flag,
    "require_parameters": flag,
    "data_collection": one_of("allow", "deny"),
    "zdr": flag,
    "enforce_distillable_text": flag,
    "quantizations": some_of(
        "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"
    ),
    "sort": either(_SORTS, inner({"by": _SORTS, "partition": one_of("model", "none")})),
    "preferred_min_throughput": either(number(0, 1e9), inner(_PERCENTILES)),
    "preferred_max_latency": either(number(0, 1e9), inner(_PERCENTILES)),
    "max_price": inner(_PRICES),
    "options": Keyed(Opaque(), most=16),
}
"""`options` goes to the provider that is chosen, as it is; upstream drops those of providers it does not know."""


def provider_of(asked: JsonObject | None, routing: Routing) -> JsonObject | None:
    """Return the `provider` object, None if neither the caller nor the operator sets anything."""
    wish = reduced(asked, PROVIDER)
    if routing.order and "order" not in wish:
        wish["order"] = list(routing.order)
    if routing.only:
        allowed = wish.get("only")
        own = [slug for slug in allowed if slug in routing.only] if isinstance(allowed, list) else []
        wish["only"] = own or list(routing.only)
    if routing.ignore:
        ignored = wish.get("ignore")
        wish["ignore"] = list(dict.fromkeys([*(ignored if isinstance(ignored, list) else ()), *routing.ignore]))
    if routing.deny_data_collection:
        wish["data_collection"] = "deny"
    if routing.zero_retention:
        wish["zdr"] = True
    capped = _capped(wish.get("max_price"), routing)
    return ({**wish, "max_price": capped} if capped else wish) or None


def fallbacks(asked: tuple[str, ...], primary: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return the fallback models, in order: at most three, each once, never the primary itself.

    Upstream rejects the whole call if it does not know one slug, so slugs outside the catalog are omitted.
    """
    wanted = (slug for slug in dict.fromkeys(asked) if slug != primary)
    return tuple(slug for slug in wanted if not known or slug in known)[:MOST_MODELS]


def _capped(asked: object, routing: Routing) -> dict[str, object]:
    caps = dict(asked) if isinstance(asked, dict) else {}
    for name, cap in (("prompt", routing.prompt_cap), ("completion", routing.completion_cap)):
        if cap is not None:
            own = caps.get(name)
            lower = min(cap, Decimal(own)) if isinstance(own, str) else cap
            caps[name] = price(str(lower))
    return caps
