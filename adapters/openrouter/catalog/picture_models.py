"""Reads one entry of the list of models that draw at `POST /images`."""

from dataclasses import replace

from adapters.openrouter.catalog.models import read_model
from adapters.openrouter.wire.fields import amount, mapping, text, texts
from ports.catalog import Model, PictureOption, Pictures
from ports.json_values import JsonObject

MOST_OPTIONS, MOST_VALUES, NAME_LIMIT = 64, 128, 64
"""Parameters of a model, values of a parameter, and characters of either that are kept."""


def read_picture_model(entry: JsonObject) -> Model | None:
    """Return the model of `entry`; None if it has no usable id.

    The list has no prices: they are those of the endpoints. Source: OpenRouter API reference, image models.
    """
    model = read_model(entry)
    if model is None:
        return None
    described = entry.get("supported_parameters")
    options = _options(described) if isinstance(described, dict) else None
    return replace(
        model,
        output_modalities=model.output_modalities or frozenset({"image"}),
        supported_parameters=frozenset(option.name for option in options or ()),
        pictures=Pictures(options, streams=entry.get("supports_streaming") is True),
    )


def _options(described: JsonObject) -> tuple[PictureOption, ...]:
    """Read the parameters: an enumeration, a range, or the mere fact that one is accepted, as of an unknown kind."""
    read = (_option(name, mapping(kind)) for name, kind in list(described.items())[:MOST_OPTIONS] if _short(name))
    return tuple(read)


def _option(name: str, kind: JsonObject) -> PictureOption:
    match text(kind.get("type")):
        case "enum":
            values = tuple(value for value in texts(kind.get("values"))[:MOST_VALUES] if _short(value))
            return PictureOption(name, values=values)
        case "range":
            return PictureOption(name, least=_bound(kind.get("min")), most=_bound(kind.get("max")))
        case _:
            return PictureOption(name)


def _bound(value: object) -> int | None:
    number = amount(value)
    return None if number is None else int(number)


def _short(name: str) -> bool:
    return 0 < len(name) <= NAME_LIMIT
