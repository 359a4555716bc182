"""The keys of one core: what the operator's may still spend is watched, and changes of all of them are logged."""

from contextlib import suppress
from dataclasses import replace

from domain.egress.base_url import InvalidBaseUrl
from domain.egress.pasted import is_key
from domain.request.turn_request import Person
from domain.services.audit_keys import AuditKeys, KeyOwner, Whose
from domain.services.watch_allowances import AllowancePlan, Low, Store, WatchAllowances
from domain.usage.entries import key_id_of
from entrypoints.core.foundation import Foundation
from entrypoints.core.memory_policy import keeps_anything
from entrypoints.core.paying_keys import paying_route_of
from entrypoints.core.policy import route_of, usable_route
from entrypoints.core.storage_lazy import LazyBreakerState
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from ports.allowances import Allowances
from ports.responses import Route

MINUTE = 60.0


class CoreKeys:
    """Follows the keys of the newest settings. Belongs to one event loop."""

    def __init__(self, base: Foundation, allowances: Allowances) -> None:
        self._storage, clock, ids, telemetry = base.storage, base.clock, base.ids, base.telemetry
        self._audit = AuditKeys(LazyBreakerState(base.storage), clock, telemetry)
        self._watches = self._keeps = False
        self._storage_key: tuple[str, str] | None = None
        self.allowances = WatchAllowances(
            allowances=allowances,
            opened=self._opened,
            clock=clock,
            ids=ids,
            telemetry=telemetry,
            metrics=telemetry.metrics,
        )

    def follow(self, namespace: str, person: Person, settings: Settings) -> None:
        """Note which keys a turn of a person uses, and check what the operator's may spend if that is due."""
        self._watches = settings.key_check_minutes > 0
        keeps = not person.temporary and (keeps_anything(settings) or settings.enable_ledger)
        self._keeps = self._keeps or keeps
        if self._watches and (plan := _plan_of(settings)) is not None:
            self.allowances.begin(plan)
        if namespace:
            self._follow_changes(namespace, person, settings, shared=keeps)

    def stored_with(self, namespace: str, key_id: str) -> None:
        """Note which key encrypts what is stored from now on; empty: none."""
        self._storage_key = (namespace, key_id)
        self._audit.uses(KeyOwner(namespace, Whose.STORAGE), key_id)

    def take_warnings(self, person: Person) -> tuple[Low, ...]:
        """Return which limits an administrator is to be warned of now; nobody else is."""
        return self.allowances.take_warnings(person.user_id) if self._watches and person.is_admin else ()

    async def drained(self) -> None:
        """Return once every change is logged."""
        await self._audit.drained()

    async def aclose(self) -> None:
        """Stop checking; log what has changed."""
        await self.allowances.aclose()
        await self.drained()

    # --- details ------------------------------------------------------------------------------------------

    def _follow_changes(self, namespace: str, person: Person, settings: Settings, *, shared: bool) -> None:
        if operators := _operators_key(settings):
            self._audit.uses(KeyOwner(namespace, Whose.OPERATOR), operators, shared=shared)
        if settings.allow_user_keys and person.user_id and (own := _own_key(settings)) is not None:
            self._audit.uses(KeyOwner(namespace, Whose.PERSON, person.user_id), own, shared=shared)
        if self._storage_key is not None:
            self.stored_with(*self._storage_key)

    async def _opened(self) -> Store:
        """Return what processes share; in memory while turns leave nothing, so that no database is made for this."""
        stores = await self._storage.stores() if self._keeps else self._storage.memory.stores
        if stores.read_only:
            stores = self._storage.memory.stores
        return stores.leases, stores.breakers


@once
def _plan_of(settings: Settings) -> AllowancePlan | None:
    """Return what is watched, if there is a key, and an address it may go to: else the turn itself reports that."""
    with suppress(InvalidBaseUrl):
        if settings.api_key:
            return AllowancePlan(usable_route(settings), settings.key_check_minutes * MINUTE)
    return None


@once
def _operators_key(settings: Settings) -> str:
    """Return the id of the operator's key; empty if there is none that can be used."""
    route = route_of(settings)
    return _id_of(route) if is_key(route.api_key.strip()) else ""


@once
def _own_key(settings: Settings) -> str | None:
    """Return the id of the person's own key, empty if they have none; None if it cannot be used."""
    paying = paying_route_of(settings)
    if not paying.own_key:
        return ""
    return _id_of(paying) if is_key(paying.api_key) else None


def _id_of(route: Route) -> str:
    return key_id_of(replace(route, api_key=route.api_key.strip()))
