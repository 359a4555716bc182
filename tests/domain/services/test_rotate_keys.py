"""After a rotation everything is sealed with the newest key, and was readable all the while."""

from adapters.memory.artifacts import MemoryArtifacts
from domain.services.remember_turn import Shelf
from domain.services.rotate_keys import reseal_batch, rotate_keys
from ports.artifacts import Artifact
from ports.cipher import Cipher, Sealed
from tests.contracts.artifact_cases import HERE, row, ulid
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload

OLD, NEW = NamedKeyCipher("old"), NamedKeyCipher("new", "old")


async def shelf_of(cipher: Cipher, *rows: Artifact) -> Shelf:
    artifacts = MemoryArtifacts(FakeClock())
    await artifacts.put(rows)
    return Shelf(artifacts, cipher)


def sealed(number: int, cipher: Cipher = OLD, kind: str = "reasoning") -> Artifact:
    seal = cipher.seal(f"thought {number}".encode(), secret=kind == "reasoning")
    return row(number, number, kind=kind, sealed=seal)


async def stored(shelf: Shelf, *numbers: int) -> tuple[Artifact, ...]:
    turns = [ulid(number) for number in numbers]
    return await shelf.artifacts.find(HERE, "ann", turn_ids=turns, fingerprints=[], limit=999)


async def test_old_rows_are_sealed_anew_and_open_as_before() -> None:
    shelf = await shelf_of(NEW, *(sealed(number) for number in range(1, 6)))
    assert await rotate_keys(shelf, InlineOffload(), HERE, batch=2) == 5
    rows = await stored(shelf, *range(1, 6))
    assert {one.sealed.key_id for one in rows} == {"new"}
    assert [NamedKeyCipher("new").open(one.sealed) for one in rows] == [f"thought {n}".encode() for n in range(1, 6)]


async def test_clear_rows_are_sealed_once_there_is_a_key() -> None:
    shelf = await shelf_of(NEW, sealed(1, NamedKeyCipher()))
    assert await rotate_keys(shelf, InlineOffload(), HERE) == 1
    assert (await stored(shelf, 1))[0].sealed.key_id == "new"


async def test_second_rotation_finds_nothing_to_do() -> None:
    shelf = await shelf_of(NEW, sealed(1), sealed(2))
    await rotate_keys(shelf, InlineOffload(), HERE)
    assert await rotate_keys(shelf, InlineOffload(), HERE) == 0


async def test_row_no_key_opens_stays_as_it_is_and_stops_nothing() -> None:
    foreign = sealed(1, NamedKeyCipher("lost"))
    shelf = await shelf_of(NEW, foreign, sealed(2), sealed(3))
    assert await rotate_keys(shelf, InlineOffload(), HERE, batch=1) == 2
    assert (await stored(shelf, 1))[0].sealed == foreign.sealed


async def test_rows_that_need_no_seal_stay_clear_when_not_everything_is_encrypted() -> None:
    cipher = NamedKeyCipher("new", encrypt_all=False)
    shelf = await shelf_of(cipher, sealed(1, NamedKeyCipher(), "function_call"), sealed(2, NamedKeyCipher()))
    assert await rotate_keys(shelf, InlineOffload(), HERE) == 1
    assert [one.sealed.key_id for one in await stored(shelf, 1, 2)] == ["", "new"]


async def test_without_a_key_nothing_is_done() -> None:
    shelf = await shelf_of(NamedKeyCipher(), sealed(1))
    assert await rotate_keys(shelf, InlineOffload(), HERE) == 0


async def test_batch_says_where_to_go_on_until_nothing_is_left() -> None:
    shelf = await shelf_of(NEW, sealed(1), sealed(2))
    offload = InlineOffload()
    assert await reseal_batch(shelf, offload, HERE, "", 1) == (1, ulid(1))
    assert await reseal_batch(shelf, offload, HERE, ulid(1), 1) == (1, ulid(2))
    assert await reseal_batch(shelf, offload, HERE, ulid(2), 1) == (0, "")


async def test_row_written_meanwhile_is_left_to_its_writer() -> None:
    old = sealed(1)
    shelf = await shelf_of(NEW, old)
    await shelf.artifacts.reseal(HERE, [(old, Sealed(b"old:other", "old", 1, 5))])
    assert await shelf.artifacts.reseal(HERE, [(old, NEW.seal(b"late", secret=True))]) == 0
    assert (await stored(shelf, 1))[0].sealed.payload == b"old:other"
