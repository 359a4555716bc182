"""After a key rotation everything is sealed with the newest key; rows stay readable all the time."""

from adapters.memory.artifacts import MemoryArtifacts
from domain.services.rotate_keys import RESEAL_BYTES, reseal_batch, rotate_keys
from ports.artifacts import Artifact
from ports.cipher import Cipher, Sealed
from tests.contracts.artifact_cases import HERE, row, ulid
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload

OLD, NEW = NamedKeyCipher("old"), NamedKeyCipher("new", "old")


async def store_of(*rows: Artifact) -> MemoryArtifacts:
    artifacts = MemoryArtifacts(FakeClock())
    await artifacts.put(rows)
    return artifacts


def sealed(number: int, cipher: Cipher = OLD, kind: str = "reasoning") -> Artifact:
    seal = cipher.seal(f"thought {number}".encode(), secret=kind == "reasoning")
    return row(number, number, kind=kind, sealed=seal)


async def stored(store: MemoryArtifacts, *numbers: int) -> tuple[Artifact, ...]:
    turns = [ulid(number) for number in numbers]
    return await store.find(HERE, "ann", turn_ids=turns, fingerprints=[], limit=999)


async def test_old_rows_are_resealed_and_decrypt_as_before() -> None:
    store = await store_of(*(sealed(number) for number in range(1, 6)))
    assert await rotate_keys(store, NEW, InlineOffload(), HERE, batch=2) == 5
    rows = await stored(store, *range(1, 6))
    assert {one.sealed.key_id for one in rows} == {"new"}
    assert [NamedKeyCipher("new").open(one.sealed) for one in rows] == [f"thought {n}".encode() for n in range(1, 6)]


async def test_clear_rows_are_sealed_once_there_is_a_key() -> None:
    store = await store_of(sealed(1, NamedKeyCipher()))
    assert await rotate_keys(store, NEW, InlineOffload(), HERE) == 1
    assert (await stored(store, 1))[0].sealed.key_id == "new"


async def test_second_rotation_finds_nothing_to_do() -> None:
    store = await store_of(sealed(1), sealed(2))
    await rotate_keys(store, NEW, InlineOffload(), HERE)
    assert await rotate_keys(store, NEW, InlineOffload(), HERE) == 0


async def test_row_that_no_key_decrypts_is_skipped() -> None:
    foreign = sealed(1, NamedKeyCipher("lost"))
    store = await store_of(foreign, sealed(2), sealed(3))
    assert await rotate_keys(store, NEW, InlineOffload(), HERE, batch=1) == 2
    assert (await stored(store, 1))[0].sealed == foreign.sealed


async def test_rows_that_need_no_seal_stay_clear_when_not_everything_is_encrypted() -> None:
    cipher = NamedKeyCipher("new", encrypt_all=False)
    store = await store_of(sealed(1, NamedKeyCipher(), "function_call"), sealed(2, NamedKeyCipher()))
    assert await rotate_keys(store, cipher, InlineOffload(), HERE) == 1
    assert [one.sealed.key_id for one in await stored(store, 1, 2)] == ["", "new"]


async def test_without_a_key_nothing_is_resealed() -> None:
    store = await store_of(sealed(1))
    assert await rotate_keys(store, NamedKeyCipher(), InlineOffload(), HERE) == 0


async def test_batch_returns_where_to_continue_until_nothing_is_left() -> None:
    store = await store_of(sealed(1), sealed(2))
    offload = InlineOffload()
    assert await reseal_batch(store, NEW, offload, HERE, "", 1) == (1, ulid(1))
    assert await reseal_batch(store, NEW, offload, HERE, ulid(1), 1) == (1, ulid(2))
    assert await reseal_batch(store, NEW, offload, HERE, ulid(2), 1) == (0, "")


async def test_row_written_meanwhile_is_not_overwritten() -> None:
    old = sealed(1)
    store = await store_of(old)
    await store.reseal(HERE, [(old, Sealed(b"old:other", "old", 1, 5))])
    assert await store.reseal(HERE, [(old, NEW.seal(b"late", secret=True))]) == 0
    assert (await stored(store, 1))[0].sealed.payload == b"old:other"


async def test_a_batch_is_bounded_in_bytes_and_every_row_is_resealed() -> None:
    large = OLD.seal(bytes(RESEAL_BYTES // 2), secret=True)
    store = await store_of(*(row(number, number, sealed=large) for number in range(1, 6)))
    offload = InlineOffload()
    assert await reseal_batch(store, NEW, offload, HERE, "", 200) == (1, ulid(1))
    assert await rotate_keys(store, NEW, offload, HERE) == 4
