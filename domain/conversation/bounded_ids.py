"""Ids from outside have a bound: no row, key or cache grows with what somebody sends as an id."""

from hashlib import sha256

from ports.retention import ID_BYTES

_SHORT = ID_BYTES // 4
"""Characters that never take more bytes."""
_HASHED = 1 + 2 * sha256().digest_size  # a mark and the hash in hex


def bounded_id(given: str) -> str:
    """Return an id of at most ID_BYTES bytes: the id itself, or the beginning of a longer one with a hash of it.

    The beginning stays because it says what kind of chat an id is of (`local:`).
    """
    if len(given) <= _SHORT:
        return given
    encoded = given.encode("utf-8", "surrogatepass")
    if len(encoded) <= ID_BYTES:
        return given
    beginning = encoded[: ID_BYTES - _HASHED].decode("utf-8", "ignore")
    return f"{beginning}~{sha256(encoded).hexdigest()}"


def cache_key(*texts: str) -> bytes:
    """Return the key of texts from outside in a cache: 16 bytes, however long they are."""
    lengths = ",".join(str(len(text)) for text in texts)
    return sha256("".join((lengths, "\0", *texts)).encode("utf-8", "surrogatepass")).digest()[:16]
