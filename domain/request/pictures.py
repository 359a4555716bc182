"""Pictures in the answer: whether they are requested, and their options."""

from domain.request.shapes import Each, Keyed, either, scalar
from ports.catalog import Model
from ports.json_values import JsonObject

MODALITIES = ("text", "image")
"""What this endpoint writes; sound comes from chat completions alone."""


def _value(value: object) -> object:
    return None if isinstance(value, bool) else scalar(value)


_OPTIONS = Keyed(either(_value, Each(scalar)))


def modalities_of(asked: tuple[str, ...], model: Model | None) -> tuple[str, ...]:
    """Request pictures only from models that generate them; this endpoint returns no sound."""
    if "image" not in asked or (model is not None and "image" not in model.output_modalities):
        return ()
    return MODALITIES if model is None or "text" in model.output_modalities else ("image",)


def picture_options(asked: JsonObject | None) -> JsonObject | None:
    """Return the options of pictures: texts, numbers and lists, by names that each maker chooses."""
    return _OPTIONS(asked)
