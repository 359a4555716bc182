"""A cache in Redis, shared by all workers."""

from adapters.redis.connection import RedisConnection, key_of
from adapters.redis.trouble import FOREIGN, RedisUnavailable
from ports.cache import CacheUnavailable

LARGEST = 64 * 1024 * 1024
"""Most bytes of a value that is read or written."""
OURS = b"orp1"
"""What every stored value begins with."""


class RedisCache:
    """Implements Cache. A value disappears `seconds` after it was stored, or when the server needs the room."""

    name = "redis"
    in_store = False

    def __init__(self, connection: RedisConnection, seconds: int) -> None:
        self._connection, self._seconds = connection, seconds

    async def get(self, key: str) -> bytes | None:
        """Read the value, never more than the largest."""
        most = len(OURS) + LARGEST
        try:
            found = await self._connection.call(lambda client: client.getrange(key_of("cache", key), 0, most))
        except RedisUnavailable as error:
            raise CacheUnavailable(error.reason) from None
        if not found:
            return None
        if not isinstance(found, bytes) or not found.startswith(OURS) or len(found) > most:
            raise CacheUnavailable(FOREIGN)
        return found[len(OURS) :]

    async def put(self, key: str, value: bytes) -> None:
        """Replace the value and its end."""
        if len(value) > LARGEST:
            raise CacheUnavailable("too large")
        try:
            await self._connection.call(lambda client: client.set(key_of("cache", key), OURS + value, ex=self._seconds))
        except RedisUnavailable as error:
            raise CacheUnavailable(error.reason) from None
