"""Cost snapshots in Redis: one JSON text per attempt, under the key that programs of the operator look for."""

from collections.abc import Collection
from decimal import Decimal
from importlib import import_module

from redis.asyncio import Redis

from adapters.redis.connection import RedisConnection
from adapters.redis.trouble import RedisUnavailable
from adapters.redis.values import as_bytes
from ports.cost_snapshots import CostSnapshot, CostSnapshotsUnavailable


class RedisCostSnapshots:
    """Implements CostSnapshots: `costs:<namespace>:<user>:<turn>-<call>-<attempt>:<seconds since 1970>`.

    Amounts are JSON numbers with all their digits.
    """

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def put(self, snapshots: Collection[CostSnapshot]) -> None:
        """Write all of them in one round trip."""

        async def write(client: Redis) -> None:
            async with client.pipeline(transaction=False) as pipeline:
                for snapshot in snapshots:
                    pipeline.set(_key(snapshot), _text(snapshot), ex=snapshot.seconds)
                await pipeline.execute()

        try:
            await self._connection.call(write)
        except RedisUnavailable as error:
            raise CostSnapshotsUnavailable(error.reason) from None
        except ImportError:
            raise CostSnapshotsUnavailable("missing: the Python package orjson") from None


def _key(snapshot: CostSnapshot) -> bytes:
    entry = snapshot.entry
    attempt = f"{entry.turn_id}-{entry.call_no}-{entry.attempt_no}"
    return as_bytes(f"costs:{entry.namespace}:{entry.user_id}:{attempt}:{int(entry.started_at.timestamp())}")


def _text(snapshot: CostSnapshot) -> bytes:
    entry = snapshot.entry
    usage = {
        "input_tokens": entry.input_tokens,
        "input_tokens_details": {
            "cached_tokens": entry.cached_tokens,
            "cache_write_tokens": entry.cache_write_tokens,
        },
        "output_tokens": entry.output_tokens,
        "output_tokens_details": {"reasoning_tokens": entry.reasoning_tokens},
        "total_tokens": entry.input_tokens + entry.output_tokens,
        "cost": _number(entry.cost),
        "upstream_cost": _number(entry.upstream_cost),
        "cost_source": entry.cost_source.value,
        "is_byok": entry.is_byok,
    }
    values = {
        "guid": entry.user_id,
        **({"email": snapshot.email, "name": snapshot.name} if snapshot.email or snapshot.name else {}),
        "model": snapshot.model,
        "usage": usage,
        "ts": int(entry.started_at.timestamp()),
        "chat_id": entry.chat_id,
        "message_id": entry.message_id,
        "kind": entry.kind,
        "generation_id": entry.generation_id,
    }
    orjson = import_module("orjson")
    return bytes(orjson.dumps(_sound(values)))


def _number(amount: Decimal | None) -> object:
    """Return what becomes a JSON number with these digits."""
    return None if amount is None else import_module("orjson").Fragment(format(amount, "f"))


def _sound(values: dict[str, object]) -> dict[str, object]:
    """Return the values without unpaired surrogates, which no JSON text may hold."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in values.items()
    }
