"""Clean the stores in the background: delete old rows and rows of deleted chats, reseal rows of older keys.

One process at a time, by lease. Each small batch is followed by a pause as long as the batch took, so that chats
never wait for the cleanup. Source: behaviour of persistence, retention.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from domain.breakers.policy import FORGET_AFTER_SECONDS
from domain.limits import CLEANING_HOURS, RETENTION_DAYS
from domain.services.background_pass import BackgroundPass, Frame, HeldLease
from domain.services.rotate_keys import reseal_batch
from domain.services.sweep_chats import BATCH, ChatSweep, Held, Swept
from ports.artifacts import ArtifactKeyRotation, ArtifactRetention, ArtifactsError
from ports.breaker_state import BreakerState, BreakerStateUnavailable
from ports.chats import Chats
from ports.cipher import Cipher
from ports.clock import Clock
from ports.ids import Ids
from ports.known_hosts import KnownHosts, KnownHostsUnavailable
from ports.leases import Leases
from ports.offload import Offload
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRunRetention, ToolRunsUnavailable

T = TypeVar("T")
LONGEST_JITTER, SHORTEST_PAUSE = 600.0, 0.05
STORE_ERRORS = (ArtifactsError, ToolRunsUnavailable, BreakerStateUnavailable, KnownHostsUnavailable)
FRAME = Frame("clean", "clean-artifacts", "artifacts_not_cleaned", STORE_ERRORS)
COUNTED = ("old", "of_deleted_chats", "tool_runs", "breakers", "resealed")

Tally = dict[str, int]


@dataclass(frozen=True, slots=True)
class Retention:
    """How one namespace is cleaned: every `hours`, rows that were not read for `days` are deleted.

    `confirmed` is the value with which an administrator confirms that more chats than usual may be deleted;
    `confirm_with` says in the log how to give it.
    """

    namespace: str
    days: int = RETENTION_DAYS
    hours: float = CLEANING_HOURS
    confirmed: str = ""
    confirm_with: str = ""


@dataclass(frozen=True, slots=True)
class CleanableStore:
    """The parts of one database that are cleaned; `cipher` seals with the newest key."""

    artifacts: ArtifactRetention
    rotation: ArtifactKeyRotation
    cipher: Cipher
    leases: Leases
    tool_runs: ToolRunRetention
    breakers: BreakerState
    hosts: KnownHosts


class CleanArtifacts:
    """The use case; belongs to one event loop. `durable` returns the store, or None while there is none.

    Without `chats`, rows are deleted by age alone.
    """

    def __init__(
        self,
        *,
        durable: Callable[[], Awaitable[CleanableStore | None]],
        chats: Chats | None,
        offload: Offload,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._durable, self._chats, self._offload = durable, chats, offload
        self._clock, self._telemetry = clock, telemetry
        self._passes = BackgroundPass(FRAME, clock, ids, telemetry)
        self._resealed: dict[str, tuple[str, str]] = {}  # by namespace: the key, and the last row known to be done
        self._held_back: dict[str, str] = {}  # by namespace: what was reported

    def begin(self, plan: Retention) -> None:
        """Start to clean a namespace in the background if it is due; cheap enough for every turn."""
        seconds = plan.hours * 3600
        self._passes.begin(plan.namespace, seconds, min(LONGEST_JITTER, seconds / 4), lambda: self.clean(plan))

    async def aclose(self) -> None:
        """Stop cleaning and wait until it has stopped."""
        await self._passes.aclose()

    async def clean(self, plan: Retention) -> None:
        """Clean once, unless another process does. Raises nothing but cancellation."""
        tally = dict.fromkeys(COUNTED, 0)

        async def work(store: CleanableStore, held: HeldLease) -> None:
            await self._pass(store, held, plan, tally)

        if await self._passes.run(plan.namespace, self._durable, work):
            self._telemetry.event("info", "artifacts_cleaned", namespace=plan.namespace, **tally)

    # --- details ------------------------------------------------------------------------------------------

    async def _pass(self, store: CleanableStore, held: HeldLease, plan: Retention, tally: Tally) -> None:
        artifacts, now = store.artifacts, self._clock.now()
        before, forgotten = now - timedelta(days=plan.days), now - timedelta(seconds=FORGET_AFTER_SECONDS)
        while done := await self._paused(artifacts.delete_untouched(plan.namespace, before, BATCH)):
            tally["old"] += done
            await held.renew()
        while done := await self._paused(store.tool_runs.delete_before(plan.namespace, before, BATCH)):
            tally["tool_runs"] += done
            await held.renew()
        while done := await self._paused(store.breakers.delete_before(forgotten, BATCH)):
            tally["breakers"] += done
            await held.renew()
        await self._sweep_chats(store, held, plan, tally)
        await self._reseal(store, held, plan, tally)

    async def _reseal(self, store: CleanableStore, held: HeldLease, plan: Retention, tally: Tally) -> None:
        """Go over everything for each new key, until a pass finds nothing to do; from then on over newer rows only.

        A worker that still has the settings of before may seal with an old key for a while.
        """
        key_id = store.cipher.key_id
        if not key_id:
            return
        known, after = self._resealed.get(plan.namespace, ("", ""))
        if known != key_id:
            after = ""
        seen, found = after, 0
        while True:
            batch = reseal_batch(store.rotation, store.cipher, self._offload, plan.namespace, after, BATCH)
            resealed, after = await self._paused(batch)
            found += resealed
            await held.renew()
            if not after:
                break
            seen = after
        tally["resealed"] += found
        self._resealed[plan.namespace] = (key_id, "" if found else seen)
        if found or known != key_id:
            await self._report_keys(store, plan, key_id)

    async def _report_keys(self, store: CleanableStore, plan: Retention, key_id: str) -> None:
        """Log whether rows are left that only an older key opens: without any, it may leave the settings."""
        older = await store.rotation.key_ids(plan.namespace) - {key_id, ""}
        name = "older_keys_still_needed" if older else "older_keys_not_needed"
        self._telemetry.event("info", name, namespace=plan.namespace, keys=len(older))

    async def _sweep_chats(self, store: CleanableStore, held: HeldLease, plan: Retention, tally: Tally) -> None:
        """Delete what belongs to chats the host has deleted; warn once if the brake holds that back."""
        if self._chats is None:
            return

        def count(name: str, done: int) -> None:
            tally[name] += done

        sweep = ChatSweep(
            self._chats,
            store.hosts,
            plan.namespace,
            plan.confirmed,
            paused=self._paused,
            hold=held.renew,
            count=count,
        )
        rows = (Swept(store.artifacts, "of_deleted_chats"), Swept(store.tool_runs, "tool_runs"))
        self._report_held(plan, await sweep.sweep(rows, self._clock.now()))

    def _report_held(self, plan: Retention, held: Held | None) -> None:
        about = f"{held.reason} {plan.confirmed}" if held is not None else ""
        if held is not None and self._held_back.get(plan.namespace) != about:
            self._telemetry.event(
                "warning",
                "artifacts_of_chats_held",
                namespace=plan.namespace,
                reason=held.reason,
                chats=held.chats,
                known=held.known,
                confirm=f"{plan.confirm_with}{held.confirm}" if held.confirm else "",
            )
        self._held_back[plan.namespace] = about

    async def _paused(self, work: Awaitable[T]) -> T:
        began = self._clock.monotonic()
        result = await work
        now = self._clock.monotonic()
        await self._clock.sleep_until(now + max(now - began, SHORTEST_PAUSE))
        return result
