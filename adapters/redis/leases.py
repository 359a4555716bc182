"""Leases in Redis."""

from datetime import datetime, timedelta
from math import ceil

from adapters.redis.connection import RedisConnection, key_of
from adapters.redis.trouble import FOREIGN, RedisUnavailable
from adapters.redis.values import as_bytes, micros, moment_of
from ports.leases import Lease, LeasesUnavailable, least_fence

KEPT_SECONDS = 86_400
"""How much longer than a lease its key lives, by the server's clock: clocks of workers may differ by as much."""

# The fence counts on for all names, in a key that never expires. If the server lost it, the time still carries it above
# every fence that was ever granted: fewer than a thousand a second are.
TAKE = """
local now, until_, owner = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[1]
local held = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'until')
local fence, last = held[2], tonumber(held[3] or '0')
if held[1] and not (last and fence and #fence < 20) then return false end
if not held[1] and redis.call('EXISTS', KEYS[1]) == 1 then return false end
if held[1] and last > now then
  if held[1] ~= owner then return 0 end
  until_ = math.max(until_, last)
else
  fence = tonumber(redis.call('GET', KEYS[2]) or '0')
  if not fence then return false end
  fence = string.format('%.0f', math.max(fence + 1, tonumber(ARGV[5])))
  redis.call('SET', KEYS[2], fence)
end
until_ = string.format('%.0f', until_)
redis.call('HSET', KEYS[1], 'owner', owner, 'fence', fence, 'until', until_)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {tostring(fence), until_}
"""
RELEASE = """
local held = redis.call('HMGET', KEYS[1], 'owner', 'fence')
if held[1] == ARGV[1] and held[2] == ARGV[2] then redis.call('DEL', KEYS[1]) end
return 1
"""


class RedisLeases:
    """Implements Leases. A fence is higher than all earlier ones, of other names too, even if the server lost its data.

    The callers' `now` decides when a lease ends; the server's clock only removes keys that nobody can still hold.
    """

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take, extend or refuse in one script."""
        until = micros(now + timedelta(seconds=seconds))
        values = (as_bytes(owner), micros(now), until, ceil((max(seconds, 0) + KEPT_SECONDS) * 1_000), least_fence(now))
        try:
            taken = await self._connection.script(TAKE, (_key(name), key_of("fence")), values)
        except RedisUnavailable as error:
            raise LeasesUnavailable(error.reason) from None
        if taken == 0:
            return None
        try:
            fence, ends = taken
            return Lease(name, owner, int(fence), moment_of(int(ends)))
        except (TypeError, ValueError, OverflowError):  # none of ours is written so
            raise LeasesUnavailable(FOREIGN) from None

    async def release(self, lease: Lease) -> None:
        """Delete the lease unless it is another's by now."""
        try:
            await self._connection.script(RELEASE, (_key(lease.name),), (as_bytes(lease.owner), lease.fence))
        except RedisUnavailable as error:
            raise LeasesUnavailable(error.reason) from None


def _key(name: str) -> bytes:
    return key_of("lease", name)
