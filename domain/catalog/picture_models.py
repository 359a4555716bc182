"""Models that only draw: upstream lists and calls them apart from the models of chats."""

from collections.abc import Iterable

from domain.catalog.selection import chats
from domain.catalog.support import only_draws
from ports.catalog import Model, PictureOption
from ports.pictures import KINDS

FORMAT = "output_format"


def drawing(models: Iterable[Model]) -> tuple[Model, ...]:
    """Return those of a list that only draw."""
    return tuple(model for model in models if only_draws(model))


def with_drawing(models: tuple[Model, ...], pictures: Iterable[Model]) -> tuple[Model, ...]:
    """Add the models that only draw to those of chats; a model of both lists keeps its form for chats.

    Left out are those whose pictures no page shows, such as SVG alone. Returns `models` itself if there is none to add.
    """
    chatting = {model.id for model in models if chats(model)}
    added = {model.id: model for model in pictures if model.id not in chatting and _shown(model)}
    return (*(model for model in models if model.id not in added), *added.values()) if added else models


def options_of(model: Model | None) -> dict[str, PictureOption] | None:
    """Return what a model that only draws accepts, by name; None if the catalog does not say."""
    pictures = model.pictures if model is not None else None
    if pictures is None or pictures.options is None:
        return None
    return {option.name: option for option in pictures.options}


def _shown(model: Model) -> bool:
    formats = (options_of(model) or {}).get(FORMAT)
    return formats is None or not formats.values or not KINDS.isdisjoint(formats.values)
