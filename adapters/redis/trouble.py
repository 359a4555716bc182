"""Errors of Redis under names of our own, without data."""

from redis.exceptions import RedisError

PREFIX = "openrouter_pipe"
"""What all keys of ours begin with, followed by a colon."""
UNREACHABLE, TIMEOUT, LOADING, CLOSED = "unreachable", "timeout", "loading", "closed"
LOGIN = "wrong user or password"
NO_SERVER = "what answers is no Redis server"
OLD = "the server is older than 6.2"
FOREIGN = f"other data under keys that begin with {PREFIX}:"
READ_ONLY, FULL, FORBIDDEN, CLUSTER = "read-only", "full", "not permitted", "a cluster is not supported"
REFUSED, BUSY = "refused", "busy"

ERRORS = (RedisError, OSError)
"""What a command may raise; a time limit that is over is an OSError."""
_CODES = {
    "WRONGTYPE": FOREIGN,
    "NOAUTH": LOGIN,
    "WRONGPASS": LOGIN,
    "NOPERM": FORBIDDEN,
    "READONLY": READ_ONLY,
    "OOM": FULL,
    "MISCONF": "the server cannot save its data",
    "LOADING": LOADING,
    "MOVED": CLUSTER,
    "CROSSSLOT": CLUSTER,
    "CLUSTERDOWN": CLUSTER,
}
_CLASSES = {
    "AuthenticationError": LOGIN,
    "AuthenticationWrongNumberOfArgsError": LOGIN,
    "AuthorizationError": LOGIN,
    "NoPermissionError": FORBIDDEN,
    "ReadOnlyError": READ_ONLY,
    "OutOfMemoryError": FULL,
    "BusyLoadingError": LOADING,
    "MovedError": CLUSTER,
    "ClusterCrossSlotError": CLUSTER,
    "ClusterDownError": CLUSTER,
    "TimeoutError": TIMEOUT,
    "InvalidResponse": NO_SERVER,
    "ConnectionError": UNREACHABLE,
    "MaxConnectionsError": UNREACHABLE,
    "MasterDownError": UNREACHABLE,
}
_NO_NUMBER = "value is not an integer"
_ENDS_CONNECTION = frozenset({UNREACHABLE, TIMEOUT, LOADING, LOGIN, NO_SERVER, READ_ONLY, CLUSTER})


class RedisUnavailable(Exception):
    """Redis cannot do it now. `reason` contains no data, address or secret.

    `is_lost`: other commands would fail as well, until the connection is opened again.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"redis: {reason}")
        self.reason = reason
        self.is_lost = reason in _ENDS_CONNECTION


def trouble_of(error: Exception) -> RedisUnavailable:
    """Classify an error of the client library; its text, which may quote an address or data, is left out."""
    if isinstance(error, RedisUnavailable):
        return error
    if reason := _CLASSES.get(type(error).__name__):
        return RedisUnavailable(reason)
    if isinstance(error, OSError):
        return RedisUnavailable(UNREACHABLE)
    # Inside a script, servers before 7 put the code behind other words: "ERR Error running script ...: WRONGTYPE ..."
    text = str(error)[:1_000]
    if _NO_NUMBER in text:
        return RedisUnavailable(FOREIGN)
    words = (word.lstrip("-") for word in text.split())
    return RedisUnavailable(next((_CODES[word] for word in words if word in _CODES), REFUSED))
