"""Each change of a key is logged once, by ids that reveal no key, whichever process sees it first."""

from datetime import timedelta

import pytest

from adapters.memory.breaker_state import MemoryBreakerState
from domain.services.audit_keys import CONFIRM_SECONDS, MOST_OWNERS, STORE_SECONDS, AuditKeys, KeyOwner, Whose
from ports.turn_scope import TurnScope, enter_turn, leave_turn, open_turn, running_turn
from tests.doubles.breaker_state import TroubledBreakerState
from tests.doubles.clock import FakeClock, settled
from tests.doubles.telemetry import RecordedTelemetry

OPERATOR, ANN, BOB = KeyOwner("ns", Whose.OPERATOR), *(KeyOwner("ns", Whose.PERSON, name) for name in ("ann", "bob"))


class Audited:
    """Processes that share a store and write one log."""

    def __init__(self, state: object = None) -> None:
        self.log, self.clock = RecordedTelemetry(), FakeClock()
        self.state = state or MemoryBreakerState()

    def process(self) -> AuditKeys:
        return AuditKeys(self.state, self.clock, self.log)  # type: ignore[arg-type]

    @property
    def changes(self) -> list[tuple[object, ...]]:
        lines = [line for line in self.log.lines if line.name == "key_changed"]
        return [
            tuple(line.values.get(name) for name in ("whose", "user_id", "old_key_id", "new_key_id")) for line in lines
        ]


@pytest.fixture
def audited() -> Audited:
    return Audited()


async def test_a_change_is_logged_once_with_both_ids(audited):
    keys = audited.process()
    for key_id in ("a1", "a1", "b2", "b2"):
        keys.uses(OPERATOR, key_id)
        await keys.drained()
    assert audited.changes == [("operator", None, "", "a1"), ("operator", None, "a1", "b2")]
    assert {line.level for line in audited.log.lines} == {"info"}


async def test_people_and_namespaces_have_keys_of_their_own(audited):
    keys = audited.process()
    for owner in (ANN, BOB, OPERATOR, KeyOwner("other", Whose.PERSON, "ann")):
        keys.uses(owner, "a1")
        await keys.drained()
    assert [change[:2] for change in audited.changes] == [
        ("person", "ann"),
        ("person", "bob"),
        ("operator", None),
        ("person", "ann"),
    ]


async def test_a_key_that_is_removed_and_entered_again_is_logged(audited):
    keys = audited.process()
    for key_id in ("", "a1", "", "", "a1"):
        keys.uses(ANN, key_id)
        await keys.drained()
    assert [change[2:] for change in audited.changes] == [("", "a1"), ("a1", ""), ("", "a1")]


async def test_of_many_processes_one_logs(audited):
    processes = [audited.process() for _ in range(5)]
    for key_id in ("a1", "b2"):
        for keys in processes:
            keys.uses(OPERATOR, key_id)
        for keys in processes:
            await keys.drained()
    assert [change[2:] for change in audited.changes] == [("", "a1"), ("a1", "b2")]


async def test_a_restart_with_another_key_is_noticed(audited):
    for key_id in ("a1", "b2", "b2"):
        keys = audited.process()
        keys.uses(OPERATOR, key_id)
        await keys.drained()
    assert [change[2:] for change in audited.changes] == [("", "a1"), ("a1", "b2")]


async def test_a_key_in_use_is_not_forgotten(audited):
    keys = audited.process()
    keys.uses(OPERATOR, "a1")
    await keys.drained()
    audited.clock.advance(CONFIRM_SECONDS)
    keys.uses(OPERATOR, "a1")
    await keys.drained()
    assert await audited.state.delete_before(audited.clock.now(), 10) == 0
    assert len(audited.changes) == 1


@pytest.mark.parametrize("trouble", ["down", "stuck"])
async def test_without_a_store_a_process_logs_what_it_sees_itself(trouble):
    state = TroubledBreakerState()
    setattr(state, trouble, True)
    audited = Audited(state)
    keys = audited.process()
    for key_id in ("a1", "b2"):
        keys.uses(OPERATOR, key_id)
        await settled()
        audited.clock.advance(STORE_SECONDS)
        await keys.drained()
    assert audited.changes == [("operator", None, "a1", "b2")]
    assert audited.log.named("upkeep_failed") == []


async def test_what_is_remembered_of_people_is_bounded(audited):
    keys = audited.process()
    for number in range(MOST_OWNERS + 10):
        keys.uses(KeyOwner("ns", Whose.PERSON, f"person-{number}"), "a1")
    await keys.drained()
    assert len(keys._used) == MOST_OWNERS


async def test_quick_changes_are_logged_in_their_order(audited):
    keys = audited.process()
    for key_id in ("a1", "b2", "", "c3"):
        keys.uses(ANN, key_id)
    await keys.drained()
    assert [change[2:] for change in audited.changes] == [("", "a1"), ("a1", "b2"), ("b2", ""), ("", "c3")]


async def test_a_store_that_hangs_holds_up_the_end_once():
    state = TroubledBreakerState()
    state.stuck = True
    audited = Audited(state)
    keys = audited.process()
    for number in range(100):
        keys.uses(OPERATOR, f"a{number}")
    await settled()
    audited.clock.advance(STORE_SECONDS)
    await keys.drained()
    assert len(audited.changes) == 99


async def test_what_must_not_be_stored_is_remembered_by_the_process_alone(audited):
    keys = audited.process()
    for key_id in ("a1", "b2"):
        keys.uses(ANN, key_id, shared=False)
        await keys.drained()
    assert [change[2:] for change in audited.changes] == [("a1", "b2")]
    assert await audited.state.delete_before(audited.clock.now() + timedelta(days=9), 10) == 0
    keys.uses(ANN, "b2")
    await keys.drained()
    assert await audited.state.delete_before(audited.clock.now() + timedelta(days=9), 10) == 1


async def test_a_restart_with_the_same_key_writes_nothing():
    state = TroubledBreakerState()
    audited = Audited(state)
    for _ in range(3):
        keys = audited.process()
        keys.uses(OPERATOR, "a1")
        await keys.drained()
    assert state.swaps == 1


@pytest.mark.parametrize("text", ["a1", "a1 soon", "a1 -5", "a1 " + "9" * 400, " ", "a1 1 2"])
async def test_a_damaged_note_is_replaced(text):
    state = TroubledBreakerState(text)
    audited = Audited(state)
    keys = audited.process()
    keys.uses(OPERATOR, "a1")
    await keys.drained()
    assert state.text.startswith("a1 ")


class ScopedTelemetry(RecordedTelemetry):
    """Notes in whose turn each line is written."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes: list[TurnScope | None] = []

    def event(self, level, name, **values):
        self.scopes.append(running_turn())
        super().event(level, name, **values)


async def test_a_change_is_not_logged_in_the_name_of_the_turn_that_began_the_work(audited):
    audited.log = ScopedTelemetry()
    keys, turn = audited.process(), open_turn({"request_id": "of ann"})
    enter_turn(turn)
    keys.uses(ANN, "a1")
    leave_turn(turn)
    keys.uses(BOB, "b1")  # the same task goes on with it
    await keys.drained()
    assert [change[1] for change in audited.changes] == ["ann", "bob"]
    assert audited.log.scopes == [None, None]
