"""The capability switches of the host's model page that depend on the model."""

from collections.abc import Mapping

from domain.catalog.support import calls_tools
from ports.catalog import Model

DECIDED = ("vision", "builtin_tools")
"""The switches that `capabilities` may set."""
FILE_CONTEXT = "file_context"
"""The switch by which the host puts the text of attached files into prompts."""


def capabilities(model: Model) -> Mapping[str, bool]:
    """Return the capability switches that depend on the model itself, under the host's names.

    The other switches (web search, image generation, code interpreter, files and so on) belong to features of the host
    that work with any model; False would only take them away. A switch is missing if the catalog does not state the
    capability. Source: ADR 0019.
    """
    boxes: dict[str, bool] = {}
    if model.input_modalities:
        boxes["vision"] = not model.input_modalities.isdisjoint(("image", "video"))
    calls = calls_tools(model)
    if calls is not None:
        boxes["builtin_tools"] = calls
    return boxes


def with_direct_files(boxes: Mapping[str, bool], model: Model) -> Mapping[str, bool]:
    """Return the switches, with the host's own reading of files switched off for a model that reads them itself."""
    return {**boxes, FILE_CONTEXT: False} if "file" in model.input_modalities else boxes
