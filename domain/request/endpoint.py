"""Choose the endpoint through which a model is called."""

from fnmatch import fnmatchcase

from domain.catalog.selection import dotted
from domain.request.turn_request import EndpointChoice
from ports.responses import Endpoint


def endpoint_of(slug: str, choice: EndpointChoice) -> Endpoint:
    """Return the operator's choice for a model; patterns match the slug or its dot form."""
    if _matches(slug, choice.forced_responses):
        return Endpoint.RESPONSES
    return Endpoint.CHAT if _matches(slug, choice.forced_chat) else choice.default


def may_change(slug: str, choice: EndpointChoice) -> bool:
    """Return whether the other endpoint may be tried after a rejection: not if the operator forced this one."""
    return choice.fall_back and not _matches(slug, choice.forced_responses)


def _matches(slug: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (slug, dotted(slug)))
