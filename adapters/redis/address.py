"""The address of a Redis server: a URL, read into options that no part of the URL can add to."""

from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_TAKEN = frozenset({"host", "port", "db", "username", "password", "path", "connection_class"})
_TLS = "ssl_"


class RedisAddressWrong(Exception):
    """The text is no URL of a Redis server. `reason` completes a sentence and does not quote the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The address {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where the server is, and who we are there. Its repr shows nothing of it."""

    options: dict[str, Any] = field(repr=False)

    def client(self, connections: int, seconds: float) -> Redis:
        """Return a client that has not connected yet; it repeats nothing, and returns bytes.

        One more command than `connections` at a time fails: the caller makes it wait, because the library's pool that
        waits can lock itself up (5.0). Connecting takes `seconds` at most. Commands have no limit: the library's own
        would swallow cancellations on Python 3.11, so the caller sets one.
        """
        pool = ConnectionPool(
            **self.options,
            max_connections=connections,
            socket_timeout=None,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        return Redis.from_pool(pool)


def address_of(url: str) -> RedisAddress:
    """Read `redis://`, `rediss://` (TLS) or `unix://`. Raises RedisAddressWrong."""
    scheme = url.partition("://")[0].lower()
    if "sentinel" in scheme:
        raise RedisAddressWrong("names a Sentinel, which is not supported")
    try:
        parsed: dict[str, Any] = dict(parse_url(url.strip()))
    except ValueError:
        raise RedisAddressWrong("is no URL that begins with redis://, rediss:// or unix://") from None
    if "," in str(parsed.get("host", "")):
        raise RedisAddressWrong("names several servers, which is not supported")
    return RedisAddress({name: value for name, value in parsed.items() if name in _TAKEN or name.startswith(_TLS)})
