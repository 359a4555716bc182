"""The stores of a turn are chosen once: durable ones, those in memory, or none."""

from contextlib import suppress
from dataclasses import replace

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from adapters.memory.tool_runs import MemoryToolRuns
from domain.request.turn_request import Person, Remembering, TurnRequest
from domain.services.remember_turn import SealedStore, TurnMemory
from domain.services.store_budget import HANGING_SECONDS, StoreBudget, StoreHealth, StoreTrouble
from domain.services.turn_stores import ChooseStores, Memories, TurnStores
from ports.artifacts import ArtifactsUnavailable
from tests.domain.conversation.kept_turns import answer, record, sealed_thought, ulid
from tests.domain.services.stage import REQUEST
from tests.doubles.artifacts import TroubledArtifacts
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

HERE = Remembering("pipe_1")
SAVED, UNSAVED = Person("ann", "chat-1", "message-1"), Person("ann", "temporary:abc", "message-1", temporary=True)
TURN = record(sealed_thought(), answer("Yes.", "a"))
HOURS = 3600.0


def asks(person: Person = SAVED, memory: Remembering = HERE) -> TurnRequest:
    return replace(REQUEST, person=person, memory=memory)


class Place:
    """The choice between a durable store and one in memory."""

    def __init__(self) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.disk, self.opened = TroubledArtifacts(self.clock, lifetime=float("inf")), 0
        self.health = StoreHealth(self.clock, self.log)
        in_memory = SealedStore(MemoryArtifacts(self.clock), NamedKeyCipher(), durable=False)
        durable = self._memory(SealedStore(self.disk, NamedKeyCipher("key")), self.health)
        self.memories = Memories(durable, self._memory(in_memory))
        self.choice = ChooseStores(
            MemoryToolRuns(),
            MemoryToolRuns(),
            None,
            offload=InlineOffload(),
            telemetry=self.log,
            store=self.health,
            own=lambda work, _name: work.close(),
        )

    def _memory(self, store: SealedStore, health: StoreHealth | None = None) -> TurnMemory:
        async def opened() -> SealedStore:
            self.opened += store.durable
            return store

        given = {"clock": self.clock, "ids": FakeIds(), "telemetry": self.log, "health": health}
        return TurnMemory(opened=opened, offload=InlineOffload(), **given)  # type: ignore[arg-type]

    def of(self, request: TurnRequest) -> TurnStores:
        return self.choice.choose(request, self.memories)

    async def remember(self, person: Person) -> None:
        memory = self.of(asks(person)).memory
        assert memory is not None
        await memory.remember(person, HERE, TURN)

    async def found(self, person: Person, time: StoreBudget | None = None):
        memory = self.of(asks(person)).memory
        assert memory is not None
        return (await memory.recall(person, HERE, [ulid(1)], [], time)).records

    async def rows(self):
        return await self.disk.find("pipe_1", "ann", turn_ids=[ulid(1)], fingerprints=[], limit=99)


@pytest.fixture
def place() -> Place:
    return Place()


def test_saved_chat_gets_everything_durable(place: Place) -> None:
    stores = place.of(asks())
    assert (stores.memory, stores.keeps_results) == (place.memories.durable, True)
    assert stores.interrupted is not None


def test_temporary_chat_gets_memory_and_journal_of_its_own_and_no_report(place: Place) -> None:
    stores = place.of(asks(Person("ann", "chat-1", temporary=True)))
    assert (stores.memory, stores.keeps_results, stores.interrupted) == (place.memories.temporary, False, None)
    assert stores.journal is not place.of(asks()).journal


@pytest.mark.parametrize("request_", [asks(Person()), asks(memory=Remembering()), asks(replace(UNSAVED, user_id=""))])
def test_turn_without_owner_or_namespace_has_no_memory_and_no_report(place: Place, request_: TurnRequest) -> None:
    stores = place.of(request_)
    assert (stores.memory, stores.keeps_results, stores.interrupted) == (None, False, None)


def test_without_memories_calls_are_still_recorded_and_reported(place: Place) -> None:
    stores = place.choice.choose(asks(), None)
    assert (stores.memory, stores.keeps_results) == (None, False)
    assert stores.journal is place.of(asks()).journal
    assert stores.interrupted is not None


def test_results_are_not_kept_if_the_setting_forbids_it(place: Place) -> None:
    assert not place.of(asks(memory=Remembering("pipe_1", tool_results=False))).keeps_results


async def test_temporary_chat_is_remembered_for_an_hour_and_reaches_no_store(place: Place) -> None:
    person = replace(SAVED, temporary=True)
    await place.remember(person)
    assert await place.found(person) == (TURN,)
    assert (place.opened, await place.rows()) == (0, ())
    place.clock.advance(HOURS + 1)
    assert await place.found(person) == ()


async def test_saved_chat_does_not_find_turns_of_a_temporary_one(place: Place) -> None:
    await place.remember(UNSAVED)
    assert await place.found(SAVED) == ()


async def test_hanging_store_does_not_affect_the_memory_of_a_temporary_chat(place: Place) -> None:
    await place.remember(UNSAVED)
    with suppress(StoreTrouble):
        async with place.health.watched("failed"):
            place.clock.advance(HANGING_SECONDS)
            raise ArtifactsUnavailable("locked")
    assert (await place.memories.durable.recall(SAVED, HERE, [ulid(1)], [], StoreBudget(place.health))).failed
    assert await place.found(UNSAVED, StoreBudget(place.health)) == (TURN,)
