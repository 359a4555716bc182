"""Breaker state in Redis."""

from datetime import datetime
from typing import Any

from adapters.redis.connection import RedisConnection, key_of
from adapters.redis.trouble import FOREIGN, RedisUnavailable
from adapters.redis.values import as_bytes, as_text, micros
from ports.breaker_state import BreakerStateUnavailable

KEPT_SECONDS = 7 * 86_400
"""Seconds after the last change when a key expires by itself; the cleaning forgets texts much earlier."""
SECONDS = 0.5
"""Seconds that a call may take: several of them come one after the other before the first word of an answer."""
MOST_KEYS = 100_000
MOST_BYTES = 4 * 8_192
"""Of a text; what is longer was not written by this store."""

# One hash per key, and a sorted set that lists the keys by the time of their last change.
# Scripts read and check before anything is written: none is undone.
_FOUND = f"""
if redis.call('HSTRLEN', KEYS[1], 'text') > {MOST_BYTES} then return false end
local found = redis.call('HMGET', KEYS[1], 'text', 'version')
local version = tonumber(found[2] or '0')
if not version or (found[1] == false) ~= (found[2] == false) then return false end
if not found[1] and redis.call('EXISTS', KEYS[1]) == 1 then return false end
"""
LOAD = f"""{_FOUND}
return {{found[1] or '', version}}
"""
STORE = f"""{_FOUND}
if version ~= tonumber(ARGV[2]) then return 0 end
redis.call('ZCARD', KEYS[2])
version = redis.call('INCR', KEYS[3])
redis.call('HSET', KEYS[1], 'text', ARGV[1], 'version', version)
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
redis.call('EXPIRE', KEYS[2], ARGV[4])
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
if surplus > 0 then
  local popped = redis.call('ZPOPMIN', KEYS[2], math.min(surplus, 10))
  for place = 1, #popped, 2 do
    if string.sub(popped[place], 1, #ARGV[6]) == ARGV[6] then redis.call('DEL', popped[place]) end
  end
end
return 1
"""
DELETE = """
local old = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, tonumber(ARGV[2]))
local deleted = 0
for _, key in ipairs(old) do
  if string.sub(key, 1, #ARGV[3]) == ARGV[3] then deleted = deleted + redis.call('DEL', key) end
  redis.call('ZREM', KEYS[1], key)
end
return {#old, deleted}
"""
BATCH = 500


class RedisBreakerState:
    """Implements BreakerState. Versions count on for all keys, so that one never repeats while the server has its data.

    Beyond `most` keys the least recently changed key is evicted.
    """

    def __init__(self, connection: RedisConnection, *, most: int = MOST_KEYS) -> None:
        self._connection, self._most = connection, most

    async def load(self, key: str) -> tuple[str, int]:
        """Read text and version together."""
        text, version = await self._run(LOAD, (_key(key),))
        return as_text(text), int(version)

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Compare and replace in one script."""
        keys = (_key(key), _INDEX, _VERSIONS)
        values = (as_bytes(text), version, micros(now), KEPT_SECONDS, self._most, _key(""))
        return bool(await self._run(STORE, keys, values))

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete the oldest texts, in batches that do not hold the server up."""
        deleted = 0
        while deleted < limit:
            most = min(limit - deleted, BATCH)
            listed, gone = await self._run(DELETE, (_INDEX,), (micros(before), most, _key("")))
            deleted += gone
            if listed < most:
                break
        return deleted

    async def _run(self, script: str, keys: tuple[bytes, ...], values: tuple[bytes | int, ...] = ()) -> Any:
        try:
            reply = await self._connection.script(script, keys, values, SECONDS)
        except RedisUnavailable as error:
            raise BreakerStateUnavailable(error.reason) from None
        if reply is None:
            raise BreakerStateUnavailable(FOREIGN)
        return reply


_INDEX, _VERSIONS = key_of("breakers"), key_of("breaker-versions")


def _key(key: str) -> bytes:
    return key_of("breaker", key)
