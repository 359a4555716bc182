"""A turn is stored completely or not at all, only its owner can load it, and a failing store never breaks the chat."""

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from domain.request.turn_request import Person, Remembering
from domain.services.remember_turn import SealedStore, TurnMemory
from ports.artifacts import ArtifactsReadOnly, ArtifactsUnavailable
from ports.cipher import Cipher
from tests.domain.conversation.kept_turns import answer, record, sealed_thought, tool_turn, ulid
from tests.doubles.artifacts import TroubledArtifacts
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

ANN, BOB = Person("ann", "chat-1", "message-1"), Person("bob", "chat-1", "message-1")
HERE = Remembering("pipe_1a2b3c4d")
PRINT = "ab" * 16
TURN = record(sealed_thought(), answer("Yes.", "a"), fingerprint=PRINT)
HOURS = 3600.0


class Place:
    """The use case with one store; `sealed` can be replaced during a test."""

    def __init__(self, cipher: Cipher | None = None) -> None:
        self.clock, self.log, self.offload = FakeClock(), RecordedTelemetry(), InlineOffload()
        self.store = TroubledArtifacts(self.clock, lifetime=float("inf"))
        self.sealed = SealedStore(self.store, cipher or NamedKeyCipher("key"))
        self.opened = 0
        self.memory = TurnMemory(
            opened=self._open,
            offload=self.offload,
            clock=self.clock,
            ids=FakeIds(),
            telemetry=self.log,
        )

    async def _open(self) -> SealedStore:
        self.opened += 1
        return self.sealed

    async def found(self, person: Person = ANN, memory: Remembering = HERE, number: int = 1):
        return (await self.memory.recall(person, memory, [ulid(number)], [])).records

    async def rows(self, artifacts: MemoryArtifacts | None = None):
        found = artifacts or self.store
        return await found.find(HERE.namespace, "ann", turn_ids=[ulid(1)], fingerprints=[], limit=99)

    def warnings(self) -> list[tuple[object, object]]:
        return [(line.values["doing"], line.values["reason"]) for line in self.log.named("conversation_memory_failed")]


@pytest.fixture
def place() -> Place:
    return Place()


async def test_turn_is_restored_unchanged(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    assert await place.found() == (TURN,)


async def test_turn_is_found_by_its_fingerprint(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    assert (await place.memory.recall(ANN, HERE, [], [PRINT])).records == (TURN,)


async def test_turn_is_restored_in_another_chat_of_its_owner(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    assert await place.found(Person("ann", "a copy", "message-9")) == (TURN,)


async def test_turn_of_another_chat_is_reported_until_it_is_unbound(place: Place) -> None:
    copy = Person("ann", "a copy", "message-9")
    await place.memory.remember(ANN, HERE, TURN)
    assert (await place.memory.recall(copy, HERE, [ulid(1)], [])).of_other_chats == (ulid(1),)
    await place.memory.unbind(HERE, [ulid(1)])
    for person in (copy, ANN):
        again = await place.memory.recall(person, HERE, [ulid(1)], [])
        assert (again.records, again.of_other_chats) == ((TURN,), ())


async def test_turn_is_not_reported_as_of_another_chat_in_its_own_or_without_chats(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    for person in (ANN, Person("ann")):
        assert (await place.memory.recall(person, HERE, [ulid(1)], [])).of_other_chats == ()


async def test_no_other_person_gets_the_turn_by_its_reference_or_fingerprint(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    assert (await place.memory.recall(BOB, HERE, [ulid(1)], [PRINT])).records == ()
    assert (await place.memory.recall(ANN, Remembering("other_pipe"), [ulid(1)], [PRINT])).records == ()


async def test_all_turns_of_a_history_are_looked_up_at_once(place: Place) -> None:
    for number in range(1, 40):
        await place.memory.remember(ANN, HERE, tool_turn(number))
    found = await place.memory.recall(ANN, HERE, [ulid(number) for number in range(1, 40)], [PRINT])
    assert (len(found.records), place.store.finds) == (39, 1)


async def test_history_without_references_causes_no_query(place: Place) -> None:
    await place.memory.recall(ANN, HERE, [], [])
    assert place.store.finds == 0


async def test_reasoning_is_not_kept_if_the_setting_forbids_it(place: Place) -> None:
    await place.memory.remember(ANN, Remembering(HERE.namespace, reasoning="disabled"), tool_turn())
    (found,) = await place.found()
    assert "reasoning" not in {kept.item["type"] for kept in found.items}


async def test_thinking_is_encrypted_also_where_not_everything_is() -> None:
    place = Place(NamedKeyCipher("key", encrypt_all=False))
    await place.memory.remember(ANN, HERE, tool_turn())
    by_kind = {row.kind: row.sealed.key_id for row in await place.rows()}
    assert by_kind["reasoning"] == "key"
    assert by_kind["function_call_output"] == ""


async def test_rows_of_a_turn_name_its_chat_and_message(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    rows = await place.rows()
    assert {(row.chat_id, row.message_id, row.user_id) for row in rows} == {("chat-1", "message-1", "ann")}
    assert [row.ordinal for row in rows] == [0, 1]


async def test_row_that_no_key_decrypts_also_loses_the_reasoning_of_its_turn(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    place.sealed = SealedStore(place.store, NamedKeyCipher("another"))
    assert await place.found() == ()
    await place.found()
    assert place.warnings() == [("open", "unknown key")]


async def test_old_rows_are_read_with_an_older_key(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    place.sealed = SealedStore(place.store, NamedKeyCipher("another", "key"))
    assert await place.found() == (TURN,)


async def test_failing_store_costs_the_memory_and_one_warning(place: Place) -> None:
    place.store.trouble = ArtifactsUnavailable("locked")
    for _ in range(3):
        await place.memory.remember(ANN, HERE, TURN)
        assert await place.found() == ()
        await place.memory.touch(HERE, [ulid(1)])
        await place.memory.unbind(HERE, [ulid(1)])
        await place.memory.forget_thinking(ANN, HERE, [ulid(1)])
    assert [reason for _, reason in place.warnings()] == ["locked"]


async def test_failed_lookup_differs_from_one_that_found_nothing(place: Place) -> None:
    assert not (await place.memory.recall(ANN, HERE, [ulid(1)], [])).failed
    place.store.trouble = ArtifactsUnavailable("locked")
    assert (await place.memory.recall(ANN, HERE, [ulid(1)], [])).failed


async def test_another_failure_is_logged_too(place: Place) -> None:
    for trouble in (ArtifactsUnavailable("locked"), ArtifactsReadOnly("read-only")):
        place.store.trouble = trouble
        await place.memory.remember(ANN, HERE, TURN)
    assert [reason for _, reason in place.warnings()] == ["locked", "read-only"]


async def test_read_only_store_is_read_without_further_warnings(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    place.sealed = SealedStore(place.store, place.sealed.cipher, read_only=True)
    await place.memory.remember(ANN, HERE, record(sealed_thought("b"), answer("No.", "b"), number=2))
    await place.memory.touch(HERE, [ulid(1)])
    await place.memory.unbind(HERE, [ulid(1)])
    await place.memory.forget_thinking(ANN, HERE, [ulid(1)])
    assert await place.found() == (TURN,)
    assert {row.chat_id for row in await place.rows()} == {"chat-1"}
    assert await place.found(number=2) == ()
    assert place.warnings() == []


async def test_memory_works_again_once_the_store_recovers(place: Place) -> None:
    place.store.trouble = ArtifactsUnavailable("locked")
    await place.memory.remember(ANN, HERE, TURN)
    place.store.trouble = None
    await place.memory.remember(ANN, HERE, TURN)
    assert await place.found() == (TURN,)


async def test_turn_read_after_a_day_is_touched_once(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    assert (await place.memory.recall(ANN, HERE, [ulid(1)], [])).untouched == ()
    place.clock.advance(25 * HOURS)
    untouched = (await place.memory.recall(ANN, HERE, [ulid(1)], [])).untouched
    assert untouched == (ulid(1),)
    await place.memory.touch(HERE, untouched)
    assert (await place.memory.recall(ANN, HERE, [ulid(1)], [])).untouched == ()


async def test_thinking_that_is_forgotten_leaves_the_calls(place: Place) -> None:
    await place.memory.remember(ANN, HERE, tool_turn())
    await place.memory.forget_thinking(ANN, HERE, [ulid(1)])
    (found,) = await place.found()
    assert [kept.item["type"] for kept in found.items] == ["function_call", "function_call_output"] * 2


async def test_no_person_can_delete_the_reasoning_of_another(place: Place) -> None:
    await place.memory.remember(ANN, HERE, TURN)
    await place.memory.forget_thinking(BOB, HERE, [ulid(1)])
    assert await place.found() == (TURN,)


async def test_work_is_offloaded_by_its_size(place: Place) -> None:
    await place.memory.remember(ANN, HERE, tool_turn(result="x" * 100_000))
    await place.found()
    assert all(size > 100_000 for size in place.offload.sizes)
