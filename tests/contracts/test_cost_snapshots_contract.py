"""The contract of every CostSnapshots."""

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest
from redis import Redis

from adapters.redis.address import address_of
from adapters.redis.connection import RedisConnection
from adapters.redis.cost_snapshots import RedisCostSnapshots
from ports.cost_snapshots import CostSnapshot, CostSnapshots, CostSnapshotsUnavailable
from ports.ledger import CostSource, Entry, EntryState
from tests.contracts.artifact_cases import DAY
from tests.doubles.clock import FakeClock
from tests.doubles.redis_connections import empty_redis
from tests.doubles.redis_server import redis_server, redis_url
from tests.doubles.telemetry import RecordedTelemetry

COST_SNAPSHOTS: tuple[type[CostSnapshots], ...] = (RedisCostSnapshots,)
ENTRY = Entry(
    "ns",
    "turn",
    2,
    3,
    DAY,
    EntryState.SETTLED,
    kind="title_generation",
    user_id="ann",
    chat_id="chat",
    message_id="message",
    requested_model="acme/two",
    generation_id="gen-1",
    input_tokens=12,
    output_tokens=5,
    cached_tokens=4,
    cache_write_tokens=2,
    reasoning_tokens=1,
    cost=Decimal("0.00000000000000000123"),
    cost_source=CostSource.UPSTREAM,
)
SNAPSHOT = CostSnapshot(ENTRY, "openrouter.acme/two", 900)


@pytest.fixture
async def snapshots() -> AsyncIterator[CostSnapshots]:
    async with empty_redis() as connection:
        yield RedisCostSnapshots(connection)


def stored() -> dict[str, dict[str, object]]:
    with Redis.from_url(redis_url(), decode_responses=True) as other:
        return {key: json.loads(other.get(key), parse_float=Decimal) for key in other.scan_iter("costs:*")}


async def test_a_snapshot_holds_the_figures_exactly(snapshots: CostSnapshots):
    await snapshots.put([SNAPSHOT])
    [(key, told)] = stored().items()
    assert key == f"costs:ns:ann:turn-2-3:{int(DAY.timestamp())}"
    assert told == {
        "guid": "ann",
        "model": "openrouter.acme/two",
        "usage": {
            "input_tokens": 12,
            "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 1},
            "total_tokens": 17,
            "cost": Decimal("0.00000000000000000123"),
            "upstream_cost": None,
            "cost_source": "upstream",
            "is_byok": False,
        },
        "ts": int(DAY.timestamp()),
        "chat_id": "chat",
        "message_id": "message",
        "kind": "title_generation",
        "generation_id": "gen-1",
    }


async def test_a_person_is_named_only_if_names_are_given(snapshots: CostSnapshots):
    await snapshots.put([replace(SNAPSHOT, email="ann@example.org", name="Ann \U0001f600 \ud800")])
    [told] = stored().values()
    assert (told["email"], told["name"]) == ("ann@example.org", "Ann \U0001f600 ?")


async def test_each_attempt_has_one_snapshot_and_each_expires(snapshots: CostSnapshots):
    others = [replace(SNAPSHOT, entry=replace(ENTRY, attempt_no=number)) for number in (1, 2)]
    await snapshots.put([SNAPSHOT, *others])
    await snapshots.put([SNAPSHOT])
    with Redis.from_url(redis_url()) as other:
        keys = [*other.scan_iter("costs:*")]
        assert len(keys) == 3
        assert all(890 < other.ttl(key) <= 900 for key in keys)


async def test_nothing_to_write_is_no_failure(snapshots: CostSnapshots):
    await snapshots.put([])
    assert stored() == {}


async def test_an_absent_server_is_unavailable():
    with redis_server() as server:
        pass
    connection = RedisConnection(address_of(server.url), FakeClock(), RecordedTelemetry())
    with pytest.raises(CostSnapshotsUnavailable, match="unreachable"):
        await RedisCostSnapshots(connection).put([SNAPSHOT])
    await connection.aclose()


async def test_without_the_package_for_exact_numbers_only_snapshots_are_missing(
    snapshots: CostSnapshots, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "orjson", None)
    with pytest.raises(CostSnapshotsUnavailable, match="orjson"):
        await snapshots.put([SNAPSHOT])
