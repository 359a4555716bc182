"""Reads one entry of the model list."""

from collections.abc import Mapping
from decimal import Decimal

from adapters.openrouter.wire.fields import amount, count, count_or_none, mapping, text, texts
from ports.catalog import Model, Prices, Reasoning
from ports.json_values import JsonObject

ID_LIMIT = 300
DESCRIPTION_LIMIT = 4_000
_RARER = {
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
    "reasoning": "internal_reasoning",
    "image": "image",
    "request": "request",
}
"""The rarer prices of a model, and their names in the list."""
_NO_PRICES = Prices()


def read_model(entry: JsonObject) -> Model | None:
    """Return the model of `entry`; None if it has no usable id.

    Negative ("-1" means variable) and unreadable prices are unknown. The smaller of the two context lengths is used.
    Source: OpenRouter API reference, models.
    """
    slug = text(entry.get("id")).strip()
    outputs = frozenset(texts(_architecture(entry, "output_modalities"))) or _outputs_by_arrow(entry)
    if not slug or len(slug) > ID_LIMIT or not slug.isprintable():  # rows, headers and logs are made of it
        return None
    provider, pricing = mapping(entry.get("top_provider")), mapping(entry.get("pricing"))
    return Model(
        id=slug,
        name=text(entry.get("name")).strip() or slug,
        created=count(entry.get("created")),
        context_length=_smaller(
            count_or_none(entry.get("context_length")), count_or_none(provider.get("context_length"))
        ),
        max_completion_tokens=_smaller(
            count_or_none(provider.get("max_completion_tokens")),
            count_or_none(mapping(entry.get("per_request_limits")).get("completion_tokens")),
        ),
        prompt_price=amount(pricing.get("prompt")),
        completion_price=amount(pricing.get("completion")),
        input_modalities=frozenset(texts(_architecture(entry, "input_modalities"))),
        output_modalities=outputs,
        supported_parameters=frozenset(texts(entry.get("supported_parameters"))),
        reasoning=_reasoning(entry.get("reasoning")),
        canonical_slug=text(entry.get("canonical_slug")).strip()[:ID_LIMIT],
        listed_prices=_listed_prices(pricing),
        description=text(entry.get("description")).strip()[:DESCRIPTION_LIMIT],
        web_search_price=amount(pricing.get("web_search")),
        prices=_prices(pricing),
    )


def _reasoning(described: object) -> Reasoning | None:
    """Read the reasoning options: a list of efforts; null means all efforts, a missing key no choice of effort."""
    if not isinstance(described, Mapping):
        return None
    efforts = described.get("supported_efforts", ())
    return Reasoning(
        mandatory=described.get("mandatory") is True,
        takes_effort=efforts is None or bool(isinstance(efforts, list) and texts(efforts)),
        efforts=texts(efforts) if isinstance(efforts, list) else None,
        takes_budget=described.get("supports_max_tokens") is True,
    )


def _prices(pricing: JsonObject) -> Prices:
    if not pricing.keys() & _RARER.values():
        return _NO_PRICES
    return Prices(**{name: amount(pricing.get(key)) for name, key in _RARER.items()})


def _listed_prices(pricing: JsonObject) -> tuple[Decimal | None, ...]:
    prices = (amount(price) for key, price in pricing.items() if isinstance(price, str) and key != "discount")
    return tuple(dict.fromkeys(prices))


def _architecture(entry: JsonObject, key: str) -> object:
    return mapping(entry.get("architecture")).get(key)


def _outputs_by_arrow(entry: JsonObject) -> frozenset[str]:
    """Read the output modalities from "text+image->text" if their list is missing."""
    _, arrow, outputs = text(_architecture(entry, "modality")).partition("->")
    return frozenset(filter(None, outputs.split("+"))) if arrow else frozenset()


def _smaller(first: int | None, second: int | None) -> int | None:
    known = [length for length in (first, second) if length is not None]
    return min(known, default=None)
