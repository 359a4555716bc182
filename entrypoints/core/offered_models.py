"""The models on offer: upstream's current list, filtered by the operator's settings; or why there are none."""

from dataclasses import dataclass
from enum import Enum

from domain.catalog.offer import Offer, offered
from domain.egress.base_url import InvalidBaseUrl
from domain.egress.pasted import is_key
from domain.faults.causes import AddressRefused
from domain.services.list_models import Listing, ListModels
from entrypoints.core.policy import NO_ORIGIN, Origin, offer_of, usable_route
from entrypoints.settings import Settings
from ports.catalog import Model

_ELSEWHERE = frozenset({200, 301, 302, 303, 307, 308, 404, 405, 410})
"""Statuses of an answer that is no list of models: another server answers, or another path."""


class Missing(Enum):
    """Why no models can be offered."""

    NO_KEY = "no key"
    KEY_UNREADABLE = "key unreadable"
    KEY_REFUSED = "key refused"
    ADDRESS = "address"
    ELSEWHERE = "another server"
    LOADING = "loading"
    UNREACHABLE = "unreachable"
    NO_MATCH = "no match"


@dataclass(frozen=True, slots=True)
class Picked:
    """The models of one listing: `offered` passed the filters, `catalog` holds all of upstream's models."""

    offered: tuple[Model, ...]
    catalog: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class NotOffered:
    """No model can be offered, and why; `address` explains a rejected upstream address."""

    why: Missing
    address: AddressRefused | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """The models on offer. `key_refused`: upstream rejects the key (it lists its models without a key too)."""

    picked: Picked
    key_refused: bool = False


class OfferedModels:
    """Lists models from memory. While neither list nor settings change, `Offered.picked` is the same object."""

    def __init__(self, list_models: ListModels, origin: Origin = NO_ORIGIN) -> None:
        self._list_models, self._origin = list_models, origin
        self._made_of: tuple[tuple[Model, ...], Offer] | None = None
        self._picked = Picked((), ())

    async def offered(self, settings: Settings) -> Offered | NotOffered:
        """Return the models on offer. Only the very first call waits for upstream: see ListModels."""
        if settings.api_key.unreadable:
            return NotOffered(Missing.KEY_UNREADABLE)
        if not settings.api_key:
            return NotOffered(Missing.NO_KEY)
        if not is_key(settings.api_key.reveal().strip()):
            return NotOffered(Missing.KEY_REFUSED)
        try:
            route = usable_route(settings, self._origin)
        except InvalidBaseUrl as error:
            return NotOffered(Missing.ADDRESS, AddressRefused(error.flaw, error.host))
        listing = await self._list_models.ready(
            route, settings.model_catalog_refresh_seconds, with_zero_retention=settings.zdr_models_only
        )
        if not listing.loaded:
            return NotOffered(_why_not_loaded(listing))
        offer = offer_of(settings, listing.zero_retention)
        if self._made_of is None or self._made_of[0] is not listing.models or self._made_of[1] != offer:
            self._picked = Picked(offered(listing.models, offer), listing.models)
            self._made_of = (listing.models, offer)
        if not self._picked.offered:
            return NotOffered(Missing.NO_MATCH)
        return Offered(self._picked, listing.key_refused)

    async def listing(self, settings: Settings) -> Listing:
        """Return the current catalog, unfiltered; empty if unknown. Never waits for upstream."""
        try:
            route = usable_route(settings, self._origin)
        except InvalidBaseUrl:
            return Listing()
        if not settings.api_key:
            return Listing()
        return await self._list_models.recalled(
            route, settings.model_catalog_refresh_seconds, with_zero_retention=settings.zdr_models_only
        )

    async def aclose(self) -> None:
        """Cancel a refresh that is running."""
        await self._list_models.aclose()


def _why_not_loaded(listing: Listing) -> Missing:
    if not listing.error:
        return Missing.LOADING
    if listing.error_status in _ELSEWHERE:
        return Missing.ELSEWHERE
    return Missing.KEY_REFUSED if listing.error_status in (401, 403) else Missing.UNREACHABLE
