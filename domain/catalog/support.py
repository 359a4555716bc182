"""What a model takes and costs, by the catalog's word."""

from domain.catalog.selection import chats
from ports.catalog import Model

ANTHROPIC, GOOGLE = "anthropic", "google"
FREE = ":free"


def supports(model: Model | None, parameter: str) -> bool:
    """Tell whether a parameter may be sent; a model that chats and lists nothing gets the benefit of the doubt."""
    if model is None or parameter in model.supported_parameters:
        return True
    return not model.supported_parameters and chats(model)


def calls_tools(model: Model | None) -> bool | None:
    """Tell whether a model can call functions; None where the catalog does not say. Source: behaviour, catalog."""
    if model is None or (not model.supported_parameters and chats(model)):
        return None
    return not model.supported_parameters.isdisjoint(("tools", "tool_choice"))


def takes_tools(model: Model | None) -> bool:
    """Tell whether tools and calls may be sent: where the catalog does not say, they may."""
    return calls_tools(model) is not False


def holds_to_schemas(model: Model | None) -> bool:
    """Tell whether a model can be made to keep exactly to a schema; one outside the catalog may."""
    return model is None or "structured_outputs" in model.supported_parameters


def searches(model: Model) -> bool:
    """Tell whether a model can search the web by itself: searches have a price, or it takes options for them."""
    return bool(model.web_search_price) or "web_search_options" in model.supported_parameters


def is_free(slug: str, model: Model | None) -> bool:
    """Tell whether requests cost nothing: the free variant of a model, or one all of whose listed prices are zero."""
    if slug.endswith(FREE):
        return True
    return model is not None and bool(model.listed_prices) and all(price == 0 for price in model.listed_prices)


def author(slug: str) -> str:
    """Return who makes a model: the first part of its slug, without the mark of an alias."""
    return slug.lstrip("~").partition("/")[0].lower()
