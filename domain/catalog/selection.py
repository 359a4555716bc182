"""Select models by name, and map a requested name back to the exact slug."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from ports.catalog import Model

AUTO = "auto"
_WILD = frozenset("*?[")


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
    return next((one for one in models if answering in (one.id, one.canonical_slug) and ":" not in one.id), None)


def resolved(requested: str, models: Iterable[Model]) -> tuple[str, Model | None]:
    """Return the slug that is sent for a requested name, and its entry; None if the list has none.

    The name of a version is sent as it is, with all that is known of its model.
    """
    listed = tuple(models)
    model = find(requested, listed)
    if model is not None:
        return model.id, model
    slug = slug_of(requested)
    return slug, named(slug, listed)


def _slashed(alias: str) -> frozenset[str]:
    """Return the slugs whose `dotted` form is this text, except the text itself."""
    before_slash = alias.partition("/")[0]
    dots = (place for place, letter in enumerate(before_slash) if letter == ".")
    return frozenset(f"{alias[:place]}/{alias[place + 1 :]}" for place in dots)


def slug_of(requested: str) -> str:
    """Return the slug for a name outside the list: without a slash, the first dot becomes one."""
    return requested if "/" in requested else requested.replace(".", "/", 1)
