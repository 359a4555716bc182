"""Cost snapshots: the figures of the ledger, never in anybody's way, bounded, and missed quietly."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from domain.request.bookkeeping import Bookkeeping
from domain.request.cost_sharing import CostSharing
from domain.request.turn_request import Person, TurnRequest
from domain.services.book_attempts import BookAttempts, BookedAttempt
from domain.services.keep_ledger import KeepLedger
from domain.services.share_costs import BATCH, MOST_WAITING, ShareCosts
from domain.turn.outcome import Ending, Outcome
from domain.turn.steps import AttemptEnded, Booking
from ports.cost_snapshots import CostSnapshot, CostSnapshotsUnavailable
from ports.ledger import Entry, EntryState
from ports.responses import Reach
from tests.contracts.artifact_cases import DAY
from tests.domain.services.stage import REQUEST
from tests.doubles.clock import settled
from tests.doubles.metrics import RecordedMetrics
from tests.doubles.telemetry import RecordedTelemetry


class Shelf:
    """Implements CostSnapshots; `trouble` is raised, `open` is waited for."""

    def __init__(self) -> None:
        self.batches: list[list[CostSnapshot]] = []
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def put(self, snapshots: Collection[CostSnapshot]) -> None:
        await self.open.wait()
        if self.trouble is not None:
            raise self.trouble
        self.batches.append([*snapshots])


class Rig:
    def __init__(self) -> None:
        self.shelf, self.log, self.metrics = Shelf(), RecordedTelemetry(), RecordedMetrics()
        self.costs = ShareCosts(self.shelf, self.log, self.metrics)

    @property
    def lost(self) -> int | Decimal:
        return self.metrics.of("lost_writes").get(("cost_snapshot",), 0)

    def note(self, count: int = 1) -> None:
        for number in range(count):
            self.costs.note(CostSnapshot(Entry("ns", str(number), 1, 1, DAY, user_id="ann"), "m", 900))


async def test_snapshots_are_written_beside_the_caller_in_batches():
    rig = Rig()
    rig.note(BATCH + 1)
    assert rig.shelf.batches == []
    await settled()
    assert [len(batch) for batch in rig.shelf.batches] == [BATCH, 1]


async def test_a_line_that_is_full_loses_and_counts_what_comes():
    rig = Rig()
    rig.shelf.open.clear()
    rig.note(BATCH)
    await settled()
    rig.note(MOST_WAITING + 7)
    assert rig.lost == 7
    assert rig.log.only("cost_snapshots_lost").values["reason"] == "full"
    rig.shelf.open.set()
    await settled()
    assert sum(map(len, rig.shelf.batches)) == MOST_WAITING + BATCH


@pytest.mark.parametrize("trouble", [CostSnapshotsUnavailable("unreachable"), KeyError("defect")])
async def test_failures_are_logged_once_until_it_works_again_and_always_counted(trouble: Exception):
    rig = Rig()
    for failing in (True, True, False, True):
        rig.shelf.trouble = trouble if failing else None
        rig.note(2)
        await settled()
    assert len(rig.log.named("cost_snapshots_lost")) == 2
    assert rig.lost == 6


async def test_closing_writes_what_waits_and_ends_what_hangs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("domain.services.share_costs.CLOSE_SECONDS", 0.01)
    rig = Rig()
    rig.note(3)
    await rig.costs.aclose()
    assert len(rig.shelf.batches[0]) == 3
    rig.shelf.open.clear()
    rig.note(BATCH + 2)
    await settled()
    await rig.costs.aclose()
    assert rig.lost == BATCH + 2


ENDED = AttemptEnded(1, Outcome(Ending.COMPLETED, Reach.STREAMING), None, "gen-1")
ASKED = replace(
    REQUEST,
    person=Person("ann"),
    ledger=Bookkeeping("ns"),
    sharing=CostSharing(900, "openrouter.", "ann@example.org", "Ann"),
)
ENTRY = Entry("ns", "turn", 1, 1, DAY, EntryState.SETTLED, user_id="ann", requested_model="acme/two")


async def booked(request: TurnRequest, entry: Entry | None) -> list[CostSnapshot]:
    """Book the end of an attempt whose entry is `entry`; return what was shared."""
    rig, journal = Rig(), list[Booking]()
    done = asyncio.Event()
    latest = BookedAttempt(cast(KeepLedger, None), entry, done) if entry is not None else None
    book = cast(BookAttempts, SimpleNamespace(latest=latest))
    rig.costs.after(book, request, journal.append)(ENDED)
    await settled()
    assert journal == [ENDED]
    return [snapshot for batch in rig.shelf.batches for snapshot in batch]


@pytest.mark.parametrize("state", [EntryState.SETTLED, EntryState.ESTIMATED, EntryState.STARTED])
async def test_each_attempt_that_was_sent_is_shared_as_it_was_booked(state: EntryState):
    entry = replace(ENTRY, state=state)
    assert await booked(ASKED, entry) == [CostSnapshot(entry, "openrouter.acme/two", 900, "ann@example.org", "Ann")]


@pytest.mark.parametrize(
    ("request_", "entry"),
    [
        (ASKED, replace(ENTRY, state=EntryState.VOID)),
        (ASKED, None),
        (replace(ASKED, sharing=CostSharing()), ENTRY),
        (replace(ASKED, person=Person()), ENTRY),
    ],
    ids=["never sent", "not booked", "not wanted", "no person"],
)
async def test_nothing_else_is_shared(request_: TurnRequest, entry: Entry | None):
    assert await booked(request_, entry) == []


def test_names_of_people_are_in_no_repr():
    assert "ann@example.org" not in repr(ASKED) + repr(CostSnapshot(ENTRY, "m", 900, "ann@example.org", "Ann"))
