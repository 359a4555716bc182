"""What a model supports and costs according to the catalog."""

import re

from domain.catalog.selection import chats
from ports.catalog import Model

ANTHROPIC, GOOGLE, OPENAI = "anthropic", "google", "openai"
FREE = ":free"
_GPT = re.compile(r"~?openai/gpt-(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])", re.ASCII)
_NEWEST_GPT = re.compile(r"~openai/gpt(?:-[a-z]+)?-latest", re.ASCII)
OPEN_WEIGHTS = "gpt-oss"


def supports(model: Model | None, parameter: str) -> bool:
    """Return whether a parameter may be sent; a chat model that lists no parameters counts as supporting all."""
    if model is None or parameter in model.supported_parameters:
        return True
    return not model.supported_parameters and chats(model)


def calls_tools(model: Model | None) -> bool | None:
    """Return whether a model can call functions; None if the catalog does not say. Source: behaviour, catalog."""
    if model is None or (not model.supported_parameters and chats(model)):
        return None
    return not model.supported_parameters.isdisjoint(("tools", "tool_choice"))


def only_draws(model: Model | None) -> bool:
    """Return whether a model can only be called to draw."""
    return model is not None and model.pictures is not None


def takes_tools(model: Model | None) -> bool:
    """Return whether tools and calls may be sent; yes if the catalog does not say."""
    return calls_tools(model) is not False


def holds_to_schemas(model: Model | None) -> bool:
    """Return whether a model can be forced to follow a schema exactly; yes for models outside the catalog."""
    return model is None or "structured_outputs" in model.supported_parameters


def searches(model: Model) -> bool:
    """Return whether a model can search the web itself: the catalog lists a search price or search options."""
    return bool(model.web_search_price) or "web_search_options" in model.supported_parameters


def is_free(slug: str, model: Model | None) -> bool:
    """Return whether requests are free: a free variant, or at least one price is listed and all of them are zero."""
    if slug.endswith(FREE):
        return True
    return model is not None and bool(model.listed_prices) and all(price == 0 for price in model.listed_prices)


def reads_phases(slug: str) -> bool:
    """Return whether a model reads the phases of earlier messages. Source: OpenAI's reference, messages."""
    return author(slug) == OPENAI


def reads_system_messages_anywhere(slug: str) -> bool:
    """Return whether a system message after the first one reaches a model: in place, or joined to the first.

    Templates of open models reject such a message or drop it (`gpt-oss`), so only what is known is listed. Source:
    OpenAI's reference, messages; the roles of Anthropic's messages in the official SDK.
    """
    return author(slug) == ANTHROPIC or (author(slug) == OPENAI and OPEN_WEIGHTS not in slug)


def author(slug: str) -> str:
    """Return the author of a model: the first part of its slug, without the alias mark."""
    return slug.lstrip("~").partition("/")[0].lower()


def takes_newest_options(slug: str) -> bool:
    """Return whether a model takes the options that only GPT-5.6 and newer have; aliases name the newest model.

    Source: the request model of the official SDK, `reasoning.mode`, `reasoning.context` and `prompt_cache_options`.
    """
    found = _GPT.match(slug.lower())
    if found is None:
        return _NEWEST_GPT.fullmatch(slug.lower()) is not None
    return (int(found[1]), int(found[2] or 0)) >= (5, 6)
