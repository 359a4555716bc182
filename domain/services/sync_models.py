"""Keep the host's model rows in step with the models on offer, in the background.

Runs once per load of the list, selection, switches and function, one sync at a time; a failure is one log line.
Every process that serves chats does this, one after the other by a lease: each has settings of its own, and the last
has the newest. Where processes share no store, one that meets another at the same rows waits, then checks again.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from itertools import islice

from domain.catalog.rows import Switches, Target, follow, needed, new_row, removable, target_of
from domain.services.background_pass import HeldLease, Leasing, Overtaken
from domain.services.fetch_icons import FetchIcons, IconSource
from ports.catalog import Model
from ports.clock import Clock
from ports.ids import Ids
from ports.leases import Leases, LeasesUnavailable
from ports.model_rows import HostModels, ModelRowsError, RowRefused, RowsNotOffered, RowsUnavailable
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

BATCH = 10  # rows per read: a few milliseconds of the host's event loop
PASSES = 4  # passes over the rows while another process writes them too
PEER_SECONDS = 30.0  # pause after meeting another process
TURNS_WAITED = 60  # such pauses until the lease of another process counts as stuck
RETRY_SECONDS = 300.0
LONGEST_PAUSE = 1.0
REFUSED_IN_A_ROW = 3  # then the cause is not a single row
COUNTED = ("rows", "inserted", "updated", "removed", "refused")


@dataclass(frozen=True, slots=True)
class DesiredRows:
    """What the rows of one function should match: the models it shows, all of upstream's models, the switches.

    `icons`: where icons come from; None for none.
    """

    function_id: str
    offered: tuple[Model, ...]
    catalog: tuple[Model, ...]
    switches: Switches
    icons: IconSource | None = None

    def same_as(self, other: "DesiredRows | None") -> bool:
        """Return whether the other is equal and comes from the same load of the list (identity, not equality)."""
        if other is None or other.catalog is not self.catalog:
            return False
        return (other.function_id, other.switches, other.offered) == (self.function_id, self.switches, self.offered)


class _Outcome(Enum):
    STORED = "stored"
    REFUSED = "refused"
    NOT_NEEDED = "not needed"


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    removed: int = 0
    refused: int = 0
    refused_in_a_row: int = 0
    last_refusal: str = ""
    held: HeldLease | None = None

    async def renew(self) -> None:
        """Make sure that no other process writes. Raises Overtaken or LeasesUnavailable."""
        if self.held is not None:
            await self.held.renew()


class SyncModels:
    """The use case; belongs to one event loop."""

    def __init__(
        self,
        *,
        rows: HostModels,
        leases: Leases,
        icons: FetchIcons,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._rows, self._icons = rows, icons
        self._leased = partial(Leasing(clock, ids).held, leases)
        self._clock, self._telemetry = clock, telemetry
        self._task: asyncio.Task[None] | None = None
        self._newest: DesiredRows | None = None
        self._waiting: DesiredRows | None = None
        self._retry_at: float | None = None
        self._complaint = ""
        self._warned_of_cost = False
        self._over = False

    def begin(self, desired: DesiredRows) -> None:
        """Start to write rows in the background unless that is done or running; the newest request wins.

        Never waits, never raises; cheap enough for every listing. Needs a running event loop.
        """
        if self._over or not (desired.function_id and desired.offered and desired.switches.any):
            return
        if desired.same_as(self._newest) and (self._retry_at is None or self._clock.monotonic() < self._retry_at):
            return
        self._newest = self._waiting = desired
        self._retry_at = None
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(
                self._work(), name="openrouter-pipe-model-rows", context=of_no_turn()
            )

    async def drained(self) -> None:
        """Return once no sync is running; one that was cancelled before its first step left itself behind."""
        while self._task is not None and not self._task.done():
            await asyncio.wait((self._task,))

    async def aclose(self) -> None:
        """Cancel the running sync and wait for it; no other sync begins afterwards."""
        self._over = True
        if self._task is not None:
            self._task.cancel()
        await self.drained()

    # --- details ------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        try:
            while (desired := self._waiting) is not None:
                self._waiting = None
                await self._guarded(desired)
        finally:
            self._task = None

    async def _guarded(self, desired: DesiredRows) -> None:
        tally = _Tally()
        try:
            done = await self._in_turn(desired, tally)
        except RowsNotOffered as error:
            self._over = True
            self._complain(str(error))
        except ModelRowsError as error:
            self._retry_at = self._clock.monotonic() + RETRY_SECONDS
            self._complain(str(error))
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: else nothing reports it
            self._complain(f"{type(defect).__name__} in the sync itself")
        else:
            self._complain(tally.last_refusal)
            counts = {name: getattr(tally, name) for name in COUNTED}
            if not done:
                return
            self._telemetry.event("info", "model_rows_synced", function=desired.function_id, **counts)

    async def _in_turn(self, desired: DesiredRows, tally: _Tally) -> bool:
        """Sync while no other process does; wait for it otherwise. False if a newer request came before that."""
        for _ in range(TURNS_WAITED):
            try:
                async with self._leased(f"rows:{desired.function_id}") as tally.held:
                    if tally.held is not None:
                        await self._sync(desired, tally)
                        return True
            except LeasesUnavailable:  # each write compares the row, so nothing breaks without
                tally.held = None
                await self._sync(desired, tally)
                return True
            except Overtaken:
                pass
            if self._waiting is not None:
                return False
            await self._clock.sleep_until(self._clock.monotonic() + PEER_SECONDS)
        raise RowsUnavailable("another process does not end")

    async def _sync(self, desired: DesiredRows, tally: _Tally) -> None:
        """Bring the rows in step, then their icons, which take longer and may never come."""
        assumed = await self._rows.assumed()
        built_on = await self._rows.built_on(desired.function_id)
        target = target_of(desired.function_id, desired.offered, desired.catalog, desired.switches, assumed, built_on)
        # administrators see unlisted models, but may not see private rows: then keep all rows as they are
        keep_all = not (desired.switches.public or await self._rows.admins_see_private())
        if desired.switches.makes_rows:
            await self._repeat(target, tally, keep_all=keep_all)
        if desired.icons is None or self._waiting is not None:
            return
        there = await self._rows.ids(desired.function_id)
        icons = await self._icons.icons_of((target.models[row] for row in there & target.models.keys()), desired.icons)
        if icons:
            await self._repeat(replace(target, icons=icons), tally, keep_all=keep_all)

    async def _repeat(self, target: Target, tally: _Tally, *, keep_all: bool) -> None:
        """Repeat passes over the rows until no other process interferes, or a newer request waits."""
        for left in reversed(range(PASSES)):
            there = await self._rows.ids(target.function_id)
            before = tally.inserted - tally.removed
            alone = await self._edit(target, there, tally, keep_all=keep_all)
            alone = alone and (keep_all or await self._insert(target, there, tally))
            tally.rows = len(there) + tally.inserted - tally.removed - before
            self._warn_of_cost(target.assumed.setting, tally.rows)
            if alone or left == 0 or self._waiting is not None:
                return
            await self._clock.sleep_until(self._clock.monotonic() + PEER_SECONDS)

    async def _edit(self, target: Target, there: frozenset[str], tally: _Tally, *, keep_all: bool) -> bool:
        """Update existing rows, and delete rows that are no longer needed unless all are kept.

        Returns False as soon as another process is seen to do the same.
        """
        for batch in _batches(sorted(there)):
            for row in await self._rows.read(batch):
                await tally.renew()
                if self._waiting is None and not keep_all and removable(target, row):
                    outcome = await self._stored(self._rows.remove(row.id, partial(removable, target)), tally)
                    tally.removed += outcome is _Outcome.STORED
                elif self._waiting is None and follow(target, row) is not None:
                    outcome = await self._stored(self._rows.update(row.id, partial(follow, target)), tally)
                    tally.updated += outcome is _Outcome.STORED
                else:
                    continue
                if outcome is _Outcome.NOT_NEEDED:
                    return False
            await asyncio.sleep(0)
        return True

    async def _insert(self, target: Target, there: frozenset[str], tally: _Tally) -> bool:
        """Insert missing rows; False as soon as another process is seen to do the same."""
        for row_id in sorted(row_id for row_id in target.models.keys() - there if needed(target, row_id)):
            if self._waiting is not None:
                break
            await tally.renew()
            outcome = await self._stored(self._rows.insert(new_row(target, row_id)), tally)
            if outcome is _Outcome.NOT_NEEDED:
                return False
            tally.inserted += outcome is _Outcome.STORED
        return True

    async def _stored(self, write: Awaitable[bool], tally: _Tally) -> _Outcome:
        """Wait for one write, then pause as long as it took to spare the host's database."""
        began = self._clock.monotonic()
        try:
            outcome = _Outcome.STORED if await write else _Outcome.NOT_NEEDED
            tally.refused_in_a_row = 0
        except RowRefused as refusal:
            tally.refused += 1
            tally.refused_in_a_row += 1
            tally.last_refusal = str(refusal)
            if tally.refused_in_a_row == REFUSED_IN_A_ROW:
                raise
            outcome = _Outcome.REFUSED
        now = self._clock.monotonic()
        await self._clock.sleep_until(now + min(now - began, LONGEST_PAUSE))
        await asyncio.sleep(0)
        return outcome

    def _warn_of_cost(self, setting: str, rows: int) -> None:
        """Log once which setting of the host would make model rows cheap."""
        if setting and not self._warned_of_cost:
            self._warned_of_cost = True
            self._telemetry.event("warning", "model_rows_costly", setting=setting, rows=rows)

    def _complain(self, about: str) -> None:
        """Log a failure once, until it changes or ends."""
        if about and about != self._complaint:
            self._telemetry.event("warning", "model_rows_not_synced", error=about)
        self._complaint = about


def _batches(row_ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(row_ids)
    while batch := list(islice(remaining, BATCH)):
        yield batch
