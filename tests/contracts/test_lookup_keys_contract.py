"""The contract of every LookupKeys."""

import asyncio

import pytest

from adapters.memory.lookup_keys import MemoryLookupKeys
from adapters.sql.lookup_keys import SqlLookupKeys
from ports.cipher import Sealed
from ports.lookup_keys import LookupKeys

LOOKUP_KEYS: tuple[type[LookupKeys], ...] = (MemoryLookupKeys, SqlLookupKeys)
FIRST, SECOND = Sealed(b"\x00\xff first", "key-1", 2, 32), Sealed(b"second", "key \x00 \ud800", 1, 2**40)


@pytest.fixture
def keys(database) -> LookupKeys:
    return MemoryLookupKeys() if database is None else SqlLookupKeys(database)


async def test_the_first_key_of_a_namespace_stays(keys):
    assert await keys.read("pipe") is None
    assert await keys.read_or_insert("pipe", FIRST) == FIRST
    assert await keys.read_or_insert("pipe", SECOND) == FIRST
    assert await keys.read("pipe") == FIRST


async def test_each_namespace_has_its_own_key(keys):
    assert await keys.read_or_insert("pipe", FIRST) == FIRST
    assert await keys.read_or_insert("other \x00", SECOND) == SECOND
    assert (await keys.read("pipe"), await keys.read("other \x00")) == (FIRST, SECOND)


async def test_all_who_insert_at_once_agree_on_one_key(keys):
    fresh = [Sealed(bytes([number]) * 40, "key", 2, 32) for number in range(12)]
    found = await asyncio.gather(*(keys.read_or_insert("pipe", one) for one in fresh))
    assert len(set(found)) == 1


async def test_a_seal_is_replaced_only_if_nobody_replaced_it_before(keys):
    await keys.read_or_insert("pipe", FIRST)
    assert await keys.reseal("pipe", SECOND, FIRST) is False
    assert await keys.reseal("pipe", FIRST, SECOND) is True
    assert await keys.reseal("pipe", FIRST, FIRST) is False
    assert await keys.reseal("other", FIRST, SECOND) is False
    assert (await keys.read("pipe"), await keys.read("other")) == (SECOND, None)
