"""The schema of a body of POST /images, and what the catalog says of the model (the official SDK's request model)."""

import re

from entrypoints.simulator.answers import Refusal, common, from_provider
from entrypoints.simulator.image_models import ImageModel
from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.shapes import (
    anything,
    boolean,
    either,
    fields,
    integer,
    listed,
    mapped,
    nullable,
    one_of,
    text,
)

_RATIOS = (
    *("1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5", "5:2", "5:4", "5:7"),
    *("7:5", "8:1", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto"),
)
_NAMES = nullable(listed(text()))
_ORDERS = one_of("price", "throughput", "latency", "exacto")
_SORT = either(_ORDERS, fields({}, {"by": nullable(_ORDERS), "partition": nullable(one_of("model", "none"))}))
_PROVIDER = fields(
    {},
    {
        "order": _NAMES,
        "only": _NAMES,
        "ignore": _NAMES,
        "allow_fallbacks": nullable(boolean),
        "sort": nullable(_SORT),
        "options": mapped(mapped(anything)),
    },
    closed=True,
)
_REFERENCE = fields({"type": one_of("image_url"), "image_url": fields({"url": text(shortest=1)})}, closed=True)
OPTIONS = {
    "aspect_ratio": one_of(*_RATIOS),
    "resolution": one_of("512", "768", "1K", "1.5K", "2K", "4K"),
    "size": text(shortest=1),
    "quality": one_of("auto", "low", "medium", "high", "xhigh", "max"),
    "background": one_of("auto", "transparent", "opaque"),
    "output_format": one_of("png", "jpeg", "webp", "svg"),
    "output_compression": integer(0, 100),
    "n": integer(1, 10),
    "seed": integer(),
    "input_references": listed(_REFERENCE),
}
"""Fields that a model may support."""
_IMAGES = fields(
    {"model": text(shortest=1), "prompt": text(shortest=1)},
    {
        **OPTIONS,
        "provider": _PROVIDER,
        "session_id": text(longest=256),
        "stream": boolean,
        "trace": mapped(anything),
        "user": text(),
    },
    closed=True,
)
_PIXELS = re.compile(r"\d+x\d+")


def check_images(body: Json) -> None:
    """Raise Refusal for a body that does not fit the schema; its message names the first wrong field."""
    issues = _IMAGES(body)
    if issues:
        where = ".".join(map(str, issues[0]["path"]))
        raise Refusal(common(400, f"{where}: {issues[0]['message']}", {"error_type": "invalid_request"}))


def check_drawing(body: Json, model: ImageModel) -> None:
    """Raise Refusal for options that the model does not support, or that contradict each other."""
    for name in OPTIONS:
        if name in body:
            _check_option(name, body[name], model)
    if _PIXELS.fullmatch(body.get("size", "")) and {"resolution", "aspect_ratio"} & body.keys():
        raise Refusal(common(400, "size contradicts resolution or aspect_ratio", {"error_type": "invalid_request"}))
    if body.get("background") == "transparent" and body.get("output_format") == "jpeg":
        _refuse(model, "background: transparent requires png or webp", "background")


def _check_option(name: str, value: object, model: ImageModel) -> None:
    descriptor = model.accepts.get(name)
    if descriptor is None:
        _refuse(model, f"{name} is not supported by this model", name)
    elif descriptor["type"] == "enum" and value not in descriptor["values"]:
        _refuse(model, f"{name}: {value!r} is not one of {', '.join(descriptor['values'])}", name)
    elif descriptor["type"] == "range":
        number = len(value) if isinstance(value, list) else value
        if not (isinstance(number, int) and descriptor["min"] <= number <= descriptor["max"]):
            _refuse(model, f"{name} must be between {descriptor['min']} and {descriptor['max']}", name)


def _refuse(model: ImageModel, message: str, param: str) -> None:
    raise Refusal(from_provider(400, model.author, message, param=param))
