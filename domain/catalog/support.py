"""What a model takes, by the catalog's word."""

from domain.catalog.selection import chats
from ports.catalog import Model

ANTHROPIC, GOOGLE = "anthropic", "google"


def supports(model: Model | None, parameter: str) -> bool:
    """Tell whether a parameter may be sent; a model that chats and lists nothing gets the benefit of the doubt."""
    if model is None or parameter in model.supported_parameters:
        return True
    return not model.supported_parameters and chats(model)


def author(slug: str) -> str:
    """Return who makes a model: the first part of its slug, without the mark of an alias."""
    return slug.lstrip("~").partition("/")[0].lower()
