"""Which switches of the host's page a model decides."""

from collections.abc import Mapping

from domain.catalog.support import calls_tools
from ports.catalog import Model

DECIDED = ("vision", "builtin_tools")
"""The boxes `capabilities` may speak of."""


def capabilities(model: Model) -> Mapping[str, bool]:
    """Return the capability boxes that say what the model itself can do, by the host's names.

    The others (web search, image generation, code interpreter, files and so on) speak of the host's own features, which
    serve any model: a False there would only take them away from people. What upstream does not say is left out.
    Source: ADR 0019.
    """
    boxes: dict[str, bool] = {}
    if model.input_modalities:
        boxes["vision"] = not model.input_modalities.isdisjoint(("image", "video"))
    calls = calls_tools(model)
    if calls is not None:
        boxes["builtin_tools"] = calls
    return boxes
