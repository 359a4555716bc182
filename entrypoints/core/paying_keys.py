"""Whose key pays for the requests of one person."""

from dataclasses import replace

from entrypoints.core.policy import NO_ORIGIN, Origin, route_of
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from ports.responses import Route


def pays_own_key(settings: Settings) -> bool:
    """Return whether the person's own key pays, even if it cannot be used: no other key pays in its place."""
    return bool(settings.own_api_key) or settings.own_api_key.unreadable


@once
def paying_route_of(settings: Settings, origin: Origin = NO_ORIGIN) -> Route:
    """Return the route of one person's requests: with their own key if they have one, else with the operator's."""
    route = route_of(settings, origin)
    if not pays_own_key(settings):
        return route
    return replace(route, api_key=settings.own_api_key.reveal(), own_key=True)
