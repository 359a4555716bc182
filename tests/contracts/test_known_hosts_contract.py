"""The contract of every KnownHosts."""

import pytest

from adapters.memory.known_hosts import MemoryKnownHosts
from adapters.sql.known_hosts import SqlKnownHosts
from ports.known_hosts import KnownHosts

KNOWN_HOSTS: tuple[type[KnownHosts], ...] = (MemoryKnownHosts, SqlKnownHosts)


@pytest.fixture
def hosts(database) -> KnownHosts:
    return MemoryKnownHosts() if database is None else SqlKnownHosts(database)


async def test_a_new_namespace_has_no_host(hosts):
    assert await hosts.known("pipe") == ""


async def test_a_noted_host_is_known_and_a_later_note_replaces_it(hosts):
    await hosts.note("pipe", "first")
    assert await hosts.known("pipe") == "first"
    await hosts.note("pipe", "second \x00 \ud800")
    assert await hosts.known("pipe") == "second \x00 \ud800"


async def test_each_namespace_has_its_own_host(hosts):
    await hosts.note("pipe", "first")
    await hosts.note("other", "second")
    assert (await hosts.known("pipe"), await hosts.known("other")) == ("first", "second")
