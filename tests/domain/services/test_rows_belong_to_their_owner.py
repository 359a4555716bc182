"""A row that is moved in the database opens for nobody else, and stored fingerprints tell nothing about words."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.artifacts import MemoryArtifacts
from adapters.vault.vault import BOUND, CODEC, KeyRing, VaultOptions, make_vault
from domain.conversation.record import TurnItem, TurnRecord
from domain.request.turn_request import Person, Remembering
from domain.services.journal_results import bond_of_run, open_results
from domain.services.remember_turn import SealedStore, TurnMemory, bond_of
from domain.services.rotate_keys import rotate_keys
from ports.artifacts import Artifact
from ports.cipher import CannotOpen, Cipher
from ports.tool_runs import RunState, ToolRun
from tests.contracts.artifact_cases import HERE, ulid
from tests.doubles.clock import FakeClock
from tests.doubles.ids import FakeIds
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

LOOKUP = bytes(range(32))
OLD = make_vault(KeyRing("an old, long passphrase", lookup=LOOKUP), VaultOptions())
NEW = make_vault(KeyRing("a new, long passphrase", ("an old, long passphrase",), lookup=LOOKUP), VaultOptions())
ANN, BOB = Person("ann", "chat"), Person("bob", "chat")
PRINT = "0123456789abcdef" * 2
MEMORY = Remembering(HERE)
THINKING = {"type": "reasoning", "summary": [], "encrypted_content": "sealed by its maker"}
SAID = {"type": "message", "role": "assistant", "content": "Hello."}
TURN = TurnRecord(ulid(1), "a/b", "a/b", (TurnItem(THINKING), TurnItem(SAID)), PRINT)


class Place:
    """A memory over a store whose rows can be moved."""

    def __init__(self, cipher: Cipher = OLD) -> None:
        self.store, self.cipher, self.log = MemoryArtifacts(FakeClock()), cipher, RecordedTelemetry()

    async def opened(self) -> SealedStore:
        return SealedStore(self.store, self.cipher)

    @property
    def memory(self) -> TurnMemory:
        return TurnMemory(
            opened=self.opened, offload=InlineOffload(), clock=FakeClock(), ids=FakeIds(), telemetry=self.log
        )

    async def rows(self, user: str = "ann", turn: int = 1) -> tuple[Artifact, ...]:
        return await self.store.find(HERE, user, turn_ids=[ulid(turn)], fingerprints=[], limit=99)

    async def moved(self, change: Callable[[Artifact], Artifact]) -> None:
        await self.store.put([change(row) for row in await self.rows()])


MOVES: dict[str, tuple[Callable[[Artifact], Artifact], Person, int]] = {
    "to another person": (lambda row: replace(row, user_id="bob", id=row.id, turn_id=ulid(2)), BOB, 2),
    "to another turn": (lambda row: replace(row, turn_id=ulid(2), id=ulid(90 + row.ordinal)), ANN, 2),
}


@pytest.mark.parametrize("move", MOVES)
async def test_a_row_moved_in_the_database_opens_for_nobody(move: str) -> None:
    place = Place()
    await place.memory.remember(ANN, MEMORY, TURN)
    change, reader, turn = MOVES[move]
    await place.moved(lambda row: replace(change(row), id=ulid(50 + row.ordinal)))

    found = await place.memory.recall(reader, MEMORY, [ulid(turn)], [])

    assert found.records == ()
    assert place.log.only("conversation_memory_failed").values["reason"] == "bound to another row"


@pytest.mark.parametrize("move", MOVES)
async def test_a_row_that_was_sealed_anew_is_bound_as_before(move: str) -> None:
    place = Place()
    await place.memory.remember(ANN, MEMORY, TURN)
    assert await rotate_keys(place.store, NEW, InlineOffload(), HERE) == 2
    place.cipher = NEW
    change, reader, turn = MOVES[move]
    await place.moved(lambda row: replace(change(row), id=ulid(50 + row.ordinal)))

    assert (await place.memory.recall(reader, MEMORY, [ulid(turn)], [])).records == ()
    assert [record.items for record in (await place.memory.recall(ANN, MEMORY, [ulid(1)], [])).records] == [TURN.items]


@given(st.sampled_from(["namespace", "user_id", "turn_id", "id", "kind"]), st.text(min_size=1, max_size=9))
def test_a_seal_is_bound_to_everything_that_says_whose_it_is(name: str, other: str) -> None:
    row = Artifact(
        ulid(1), HERE, ulid(2), 0, "message", "a/b", "ann", OLD.seal(b"x", secret=True), FakeClock().now(), "chat"
    )
    sealed = OLD.seal(b"thought", secret=True, bound=bond_of(row))
    assert OLD.open(sealed, bound=bond_of(replace(row, chat_id="", fingerprint="ab", model="c/d"))) == b"thought"
    changed = replace(row, **{name: getattr(row, name) + other})

    for bond in (bond_of(changed), bond_of(replace(row, ordinal=1)), ""):
        with pytest.raises(CannotOpen):
            OLD.open(sealed, bound=bond)


def test_a_bound_seal_cannot_pass_for_one_from_before_there_were_bonds() -> None:
    for compress in (True, False):
        vault = make_vault(KeyRing("an old, long passphrase"), VaultOptions(compress=compress))
        sealed = vault.seal(b"thought" * 99, secret=True, bound="ann")
        assert sealed.codec == BOUND
        with pytest.raises(CannotOpen):
            vault.open(replace(sealed, codec=CODEC), bound="bob")


def test_a_clear_row_cannot_pass_for_one_that_is_bound() -> None:
    clear = make_vault(KeyRing(), VaultOptions(compress=False)).seal(b"thought", secret=True)
    with pytest.raises(CannotOpen):
        OLD.open(replace(clear, codec=BOUND), bound="ann")


async def test_rows_from_before_there_were_bonds_and_keyed_fingerprints_are_found_and_open() -> None:
    place = Place()
    envelopes = [{"v": 1, "of": 2, "asked": "a/b", "item": one.item} for one in TURN.items]
    await place.store.put(
        [
            Artifact(
                id=ulid(70 + number),
                namespace=HERE,
                turn_id=ulid(1),
                ordinal=number,
                kind=envelope["item"]["type"],  # type: ignore[index]
                model="a/b",
                user_id="ann",
                sealed=OLD.seal(json.dumps(envelope).encode(), secret=True),
                created_at=FakeClock().now(),
                fingerprint=PRINT,
            )
            for number, envelope in enumerate(envelopes)
        ]
    )

    for turn_ids, prints in (([ulid(1)], []), ([], [PRINT])):
        found = await place.memory.recall(ANN, MEMORY, turn_ids, prints)
        assert [record.items for record in found.records] == [TURN.items]


async def test_a_stored_fingerprint_is_keyed_and_survives_a_change_of_the_passphrase() -> None:
    place = Place()
    await place.memory.remember(ANN, MEMORY, TURN)
    assert {row.fingerprint for row in await place.rows()} == {OLD.lookups(PRINT)[0]}
    assert PRINT not in {row.fingerprint for row in await place.rows()}

    place.cipher = NEW
    assert await rotate_keys(place.store, NEW, InlineOffload(), HERE) == 2
    place.cipher = make_vault(KeyRing("a new, long passphrase", lookup=LOOKUP), VaultOptions())

    found = await place.memory.recall(ANN, MEMORY, [], [PRINT])
    assert [(record.items, record.fingerprint) for record in found.records] == [(TURN.items, PRINT)]


def test_without_a_key_file_fingerprints_are_keyed_by_every_passphrase_in_use() -> None:
    old = make_vault(KeyRing("an old, long passphrase"), VaultOptions())
    new = make_vault(KeyRing("a new, long passphrase", ("an old, long passphrase",)), VaultOptions())

    assert old.lookups(PRINT)[0] in new.lookups(PRINT)
    assert new.lookups(PRINT)[0] not in old.lookups(PRINT)
    assert make_vault(KeyRing(), VaultOptions()).lookups(PRINT) == (PRINT,)


async def test_the_result_of_a_call_opens_in_its_own_turn_only() -> None:
    place = Place()
    run = ToolRun(HERE, ulid(1), "call", "ab", "tool", "ann", FakeClock().now(), state=RunState.FINISHED)
    payload = json.dumps({"v": 1, "name": "tool", "arguments": "{}", "output": "result"}).encode()
    run = replace(run, kept=OLD.seal(payload, secret=True, bound=bond_of_run(run)))

    others: tuple[dict[str, Any], ...] = (
        {"user_id": "bob"},
        {"turn_id": ulid(2)},
        {"namespace": "other"},
        {"name": "another"},
    )
    for moved, reads in ((run, True), *((replace(run, **other), False) for other in others)):
        try:
            OLD.open(run.kept, bound=bond_of_run(moved))  # type: ignore[arg-type]
            opened = True
        except CannotOpen:
            opened = False
        assert opened is reads
    assert (await open_results([replace(run, user_id="bob")], place.memory, InlineOffload())) == (None,)
