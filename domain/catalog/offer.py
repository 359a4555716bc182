"""Which of upstream's models are offered, and why the others are not.

Every filter fails closed: a model it cannot judge is not offered. Source: behaviour of the catalog, selection.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from domain.catalog.selection import Listed, chats, is_selected, patterns_of
from domain.catalog.support import calls_tools, is_free, only_draws
from ports.catalog import Model

VARIANTS = ("free", "thinking", "online", "nitro", "exacto", "floor", "extended")
MOST_VARIANTS = 100


class Objection(Enum):
    """The filter that rejects a model."""

    DISABLED = "disabled"
    NOT_SELECTED = "not_selected"
    NOT_FREE = "not_free"
    FREE = "free"
    TOOL_CALLING = "tool_calling"
    KEEPS_DATA = "keeps_data"


class Filter(Enum):
    """Which models a filter admits."""

    ALL = "all"
    ONLY = "only"
    EXCLUDE = "exclude"


@dataclass(frozen=True, slots=True)
class Offer:
    """The operator's choice of models.

    `selection` and `disabled` hold names or globs, in slash or dot form. `zero_retention` holds ids of endpoints that
    keep no data; None if the operator does not require them, empty if the list could not be loaded. `variants` have the
    form `base:tag` or `base@preset/slug`.
    """

    selection: str = "auto"
    disabled: str = ""
    free: Filter = Filter.ALL
    tools: Filter = Filter.ALL
    zero_retention: frozenset[str] | None = None
    variants: tuple[str, ...] = ()


def offered(models: Iterable[Model], offer: Offer) -> tuple[Model, ...]:
    """Return the models on offer, variants included, sorted by name."""
    everything = with_variants(tuple(models), offer.variants)
    answering = (model for model in everything if chats(model) or only_draws(model))
    chosen = (model for model in answering if not objections_to(model.id, model, offer))
    return tuple(sorted(chosen, key=lambda model: (model.name.casefold(), model.id)))


def objections_to(
    slug: str, model: Model | None, offer: Offer, *, chosen_by_person: bool = True
) -> tuple[Objection, ...]:
    """Return the filters that reject a model; empty if it is offered.

    `model` is None if the catalog does not list it: then only its name is judged. A background task ignores the
    selection, but not price and privacy. Requests to draw cannot ask for providers that keep no data.
    """
    objections = []
    if patterns_of(offer.disabled) and any(is_selected(name, offer.disabled) for name in (slug, base_of(slug))):
        objections.append(Objection.DISABLED)
    if chosen_by_person and not is_selected(base_of(slug), offer.selection) and not is_selected(slug, offer.selection):
        objections.append(Objection.NOT_SELECTED)
    if not _passes(offer.free, is_free(slug, model)):
        objections.append(Objection.NOT_FREE if offer.free is Filter.ONLY else Objection.FREE)
    if chosen_by_person and not _passes(offer.tools, model is None or calls_tools(model) is True):
        objections.append(Objection.TOOL_CALLING)
    keeps_nothing = not only_draws(model) and _keeps_nothing(slug, model, offer.zero_retention or frozenset())
    if offer.zero_retention is not None and not keeps_nothing:
        objections.append(Objection.KEEPS_DATA)
    return tuple(objections)


def with_variants(models: tuple[Model, ...], variants: tuple[str, ...]) -> tuple[Model, ...]:
    """Add an entry for each variant; its id is sent upstream and its name shows the tag.

    A variant inherits everything from its base model except prices: only its tag decides whether it is free. Models
    that only draw have none.
    """
    if not variants:
        return models
    if isinstance(models, Listed):
        known = models.varied.get(variants)
        if known is None:
            models.varied.clear()
            known = models.varied[variants] = Listed(_with_variants(models, variants))
        return known
    return _with_variants(models, variants)


def _with_variants(models: tuple[Model, ...], variants: tuple[str, ...]) -> tuple[Model, ...]:
    by_id = {model.id: model for model in models}
    for variant in variants[:MOST_VARIANTS]:
        base, tag = _parted(variant)
        model = by_id.get(base)
        if model is not None and not only_draws(model) and tag and variant not in by_id:
            by_id[variant] = replace(model, id=variant, name=f"{model.name} {tag}", listed_prices=())
    return tuple(by_id.values())


def base_of(slug: str) -> str:
    """Return a slug without variant tag and preset."""
    return slug.partition("@preset/")[0].partition(":")[0]


def _parted(variant: str) -> tuple[str, str]:
    base, preset, name = variant.partition("@preset/")
    if preset:
        return base, f"({name})" if name else ""
    base, _, tag = variant.rpartition(":")
    return base, tag.capitalize() if tag in VARIANTS else ""


def _passes(rule: Filter, has: bool) -> bool:
    return rule is Filter.ALL or has is (rule is Filter.ONLY)


def _keeps_nothing(slug: str, model: Model | None, zero_retention: frozenset[str]) -> bool:
    names = {slug, base_of(slug)} | ({model.canonical_slug} if model is not None and model.canonical_slug else set())
    return not names.isdisjoint(zero_retention)
