"""Select models by name, and map a requested name back to the exact slug."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache

from ports.catalog import Model

AUTO = "auto"
_WILD = frozenset("*?[")


class Listed(tuple[Model, ...]):
    """Upstream's list with an index for the requests of all turns, made when the first one asks."""

    @cached_property
    def varied(self) -> "dict[tuple[str, ...], Listed]":
        """The list with the variants that the operator offers, by these."""
        return {}

    @cached_property
    def by_id(self) -> dict[str, Model]:
        """The entries by their slugs."""
        return {model.id: model for model in reversed(self)}

    @cached_property
    def by_version(self) -> dict[str, Model]:
        """The entries by their slugs and those of their versions, without variants."""
        plain = [model for model in reversed(self) if ":" not in model.id]
        return {name: model for model in plain for name in (model.canonical_slug, model.id)}


@lru_cache(maxsize=64)  # the operator's few settings
def patterns_of(selection: str) -> tuple[str, ...]:
    """Split a selection into names or globs, in slash or dot form; an empty result selects everything."""
    names = tuple(name.strip() for name in selection.replace("\n", ",").split(",") if name.strip())
    return () if any(name.lower() == AUTO for name in names) else names


def chats(model: Model) -> bool:
    """Return whether a model outputs text; a model without stated outputs counts as yes."""
    return not model.output_modalities or "text" in model.output_modalities


def is_selected(slug: str, selection: str) -> bool:
    """Return whether the selection includes a slug."""
    return _lets_through(slug, patterns_of(selection))


def _lets_through(slug: str, patterns: tuple[str, ...]) -> bool:
    names = (slug, dotted(slug))
    if not patterns or names[0] in patterns or names[1] in patterns:
        return True
    return any(fnmatchcase(name, glob) for glob in patterns if not _WILD.isdisjoint(glob) for name in names)


def dotted(slug: str) -> str:
    """Return the alias form of a slug: the first slash as a dot."""
    return slug.replace("/", ".", 1)


def find(requested: str, models: Iterable[Model]) -> Model | None:
    """Return the entry for a requested name: the exact slug first, then its dot form."""
    if isinstance(models, Listed):
        if (known := models.by_id.get(requested)) is not None:
            return known
        if models.by_id.keys().isdisjoint(_slashed(requested)):
            return None
    by_alias: Model | None = None
    aliased = _slashed(requested)
    for model in models:
        if model.id == requested:
            return model
        if aliased and by_alias is None and model.id in aliased:
            by_alias = model
    return by_alias


def named(answering: str, models: Iterable[Model]) -> Model | None:
    """Return the entry of a model that answered, by its slug or that of its version; none of a variant."""
    if isinstance(models, Listed):
        return models.by_version.get(answering)
    return next((one for one in models if answering in (one.id, one.canonical_slug) and ":" not in one.id), None)


def resolved(requested: str, models: tuple[Model, ...]) -> tuple[str, Model | None]:
    """Return the slug that is sent for a requested name, and its entry; None if the list has none.

    The name of a version is sent as it is, with all that is known of its model.
    """
    model = find(requested, models)
    if model is not None:
        return model.id, model
    slug = slug_of(requested)
    return slug, named(slug, models)


def _slashed(alias: str) -> frozenset[str]:
    """Return the slugs whose `dotted` form is this text, except the text itself."""
    before_slash = alias.partition("/")[0]
    dots = (place for place, letter in enumerate(before_slash) if letter == ".")
    return frozenset(f"{alias[:place]}/{alias[place + 1 :]}" for place in dots)


def slug_of(requested: str) -> str:
    """Return the slug for a name outside the list: without a slash, the first dot becomes one."""
    return requested if "/" in requested else requested.replace(".", "/", 1)
