"""What the model picker shows: the offered models, or one entry that says why there are none.

The host resolves every chat against what the last listing answered: an entry that stands in for models makes all chats
fail until the next one. Source: Open WebUI `main.py`, `app.state.MODELS`.
"""

from dataclasses import dataclass

from domain.catalog.offer import Offer, offered
from domain.egress.base_url import InvalidBaseUrl, checked_base_url
from domain.services.list_models import Listing, ListModels
from entrypoints.core.policy import insecure_hosts, offer_of, route_of
from entrypoints.settings import Settings
from ports.catalog import Model
from ports.responses import Route

KEY_REFUSED = "OpenRouter: the API key was not accepted; check the valve API_KEY"
UNREADABLE = "OpenRouter: API_KEY was saved under another WEBUI_SECRET_KEY; enter it again"
Entries = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Picked:
    """The models of one listing: those offered, and all that upstream has."""

    offered: tuple[Model, ...]
    catalog: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One listing: the picker's entries, and the models behind them; None when an entry says why there are none."""

    entries: Entries
    picked: Picked | None = None


class ModelList:
    """Answers from memory; the host may change what it gets."""

    def __init__(self, list_models: ListModels) -> None:
        self._list_models = list_models
        self._made_of: tuple[tuple[Model, ...], Offer] | None = None
        self._entries: Entries = []
        self._offered: tuple[Model, ...] = ()

    async def shown(self, settings: Settings) -> Shown:
        """Return the picker's entries; `id` is the exact slug. Only the very first call waits: see ListModels."""
        if settings.api_key.unreadable:
            return _one("unreadable-api-key", UNREADABLE)
        if not settings.api_key:
            return _one("no-api-key", "OpenRouter: enter an API key in the function's valves (API_KEY)")
        route = usable_route(settings)
        if isinstance(route, str):
            return _one("invalid-base-url", f"OpenRouter: BASE_URL cannot be used: {route}")
        listing = await self._list_models.ready(
            route, settings.model_catalog_refresh_seconds, with_zero_retention=settings.zdr_models_only
        )
        if not listing.loaded:
            return _not_loaded(listing)
        offer = offer_of(settings, listing.zero_retention)
        if self._made_of is None or self._made_of[0] is not listing.models or self._made_of[1] != offer:
            self._offered = offered(listing.models, offer)
            self._entries = [{"id": model.id, "name": model.name} for model in self._offered]
            self._made_of = (listing.models, offer)
        if not self._entries:
            return _one("no-match", "OpenRouter: no model passes the filters; check MODEL_ID and those beside it")
        warning = _one("key-refused", KEY_REFUSED).entries if listing.key_refused else []
        entries = [*warning, *(entry.copy() for entry in self._entries)]
        return Shown(entries, Picked(self._offered, listing.models))

    async def listing(self, settings: Settings) -> Listing:
        """Return the catalog as known now, unfiltered; empty if unknown. Upstream is never waited for."""
        route = usable_route(settings)
        if isinstance(route, str) or not settings.api_key:
            return Listing()
        return await self._list_models.recalled(
            route, settings.model_catalog_refresh_seconds, with_zero_retention=settings.zdr_models_only
        )


def usable_route(settings: Settings) -> Route | str:
    """Return the route with a checked address, or why it cannot be used."""
    route = route_of(settings)
    try:
        base_url = checked_base_url(route.base_url, insecure_hosts(settings))
    except InvalidBaseUrl as error:
        return str(error)
    return Route(base_url, route.api_key.strip(), route.referer, route.title)


def _not_loaded(listing: Listing) -> Shown:
    if not listing.error:
        return _one("loading", "OpenRouter: loading the models, refresh in a moment")
    if listing.error_status in (401, 403):
        return _one("key-refused", KEY_REFUSED)
    return _one("unreachable", "OpenRouter: the models could not be loaded; trying again, see the log")


def _one(entry_id: str, name: str) -> Shown:
    return Shown([{"id": entry_id, "name": name}])
