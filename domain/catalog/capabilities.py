"""Which switches of the host's page fit a model."""

from collections.abc import Mapping

from ports.catalog import Model

ALWAYS: Mapping[str, bool] = {
    "file_upload": True,  # without it the host refuses every attachment, texts included
    "code_interpreter": True,
    "citations": True,
    "status_updates": True,
    "usage": True,
}


def capabilities(model: Model) -> dict[str, bool]:
    """Return the capability boxes of a model by the host's names.

    What upstream does not tell is left out and stays as the host has it. Source: behaviour of the catalog,
    capability boxes.
    """
    boxes = dict(ALWAYS)
    if model.input_modalities:
        boxes["vision"] = not model.input_modalities.isdisjoint(("image", "video"))
    if model.output_modalities:
        boxes["image_generation"] = "image" in model.output_modalities
    if model.supported_parameters:
        boxes["web_search"] = searches(model)
        boxes["builtin_tools"] = calls_tools(model)
    return boxes


def searches(model: Model) -> bool:
    """Tell whether the model can search the web by itself: searches have a price, or it takes options for them."""
    return bool(model.web_search_price) or "web_search_options" in model.supported_parameters


def calls_tools(model: Model) -> bool:
    """Tell whether the model can call functions."""
    return not model.supported_parameters.isdisjoint(("tools", "tool_choice"))
