"""Choose the endpoint through which a model is called."""

from fnmatch import fnmatchcase

from domain.catalog.selection import dotted
from domain.catalog.support import only_draws
from domain.request.turn_request import EndpointChoice
from ports.catalog import Model
from ports.responses import Endpoint


def endpoint_of(slug: str, model: Model | None, choice: EndpointChoice) -> Endpoint:
    """Return the operator's choice for a model; patterns match the slug or its dot form.

    A model that only draws exists at one endpoint; no other model is called there.
    """
    if only_draws(model):
        return Endpoint.IMAGES
    if _matches(slug, choice.forced_responses):
        return Endpoint.RESPONSES
    return Endpoint.CHAT if _matches(slug, choice.forced_chat) else choice.default


def may_change(slug: str, model: Model | None, choice: EndpointChoice) -> bool:
    """Return whether the other endpoint may be tried after a rejection: not if the operator forced this one."""
    return choice.fall_back and not only_draws(model) and not _matches(slug, choice.forced_responses)


def _matches(slug: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (slug, dotted(slug)))
