"""Artifacts as bytes: a mark, a head in JSON with its length before it, then the sealed bytes unchanged."""

import json
from collections.abc import Sequence
from struct import Struct
from struct import error as StructError

from adapters.redis.values import micros, moment_of
from ports.artifacts import Artifact
from ports.cipher import Sealed

MARK = b"orpa1"
_LENGTH = Struct(">I")
_TEXTS = ("id", "namespace", "turn_id", "kind", "model", "user_id", "chat_id", "message_id", "fingerprint")
_ID_LENGTH = 26
_INTEGER = 2**31 - 1
"""The largest number of an integer column in every database."""
_BIG_INTEGER = 2**63 - 1


def packed(row: Artifact) -> bytes:
    """Return the bytes of a row."""
    sealed, touched = row.sealed, row.touched_at
    numbers = (row.ordinal, micros(row.created_at), None if touched is None else micros(touched))
    values = [*(getattr(row, name) for name in _TEXTS), *numbers, sealed.key_id, sealed.codec, sealed.size]
    head = json.dumps(values, separators=(",", ":")).encode()
    return MARK + _LENGTH.pack(len(head)) + head + sealed.payload


def unpacked(stored: object) -> Artifact | None:
    """Return the row of bytes; None if they are none of ours."""
    if not isinstance(stored, bytes) or not stored.startswith(MARK):
        return None
    try:
        start = len(MARK) + _LENGTH.size
        (length,) = _LENGTH.unpack_from(stored, len(MARK))
        values = json.loads(stored[start : start + length])
        texts = dict(zip(_TEXTS, values, strict=False))
        ordinal, created, touched, key_id, codec, size = values[len(_TEXTS) :]
        if not all(isinstance(text, str) for text in (*texts.values(), key_id)):
            return None
        if not all(type(number) is int for number in (ordinal, created, codec, size)):
            return None
        row = Artifact(
            **texts,
            ordinal=ordinal,
            sealed=Sealed(stored[start + length :], key_id, codec, size),
            created_at=moment_of(created),
            touched_at=None if touched is None else moment_of(touched),
        )
    except (ValueError, TypeError, OverflowError, RecursionError, StructError):
        return None
    return row


def may_wait(rows: Sequence[Artifact]) -> bool:
    """Return whether rows may be written later: whole turns of one known person, which every database can store.

    What is added to a turn (a mark) is written at once, after the turn: so readers never meet it without the turn.
    """
    first = rows[0]
    turns = {row.turn_id for row in rows}
    return (
        bool(first.user_id)
        and len({row.id for row in rows}) == len(rows)
        and {row.turn_id for row in rows if row.ordinal == 0} == turns
        and all((row.namespace, row.user_id) == (first.namespace, first.user_id) for row in rows)
        and all(map(_is_plain, rows))
    )


def is_id(text: str) -> bool:
    """Return whether a text has the form of our ids."""
    return len(text) == _ID_LENGTH and text.isascii() and text.isalnum()


def _is_plain(row: Artifact) -> bool:
    ids = is_id(row.id) and is_id(row.turn_id)
    numbers = (
        0 <= row.ordinal <= _INTEGER and 0 <= row.sealed.codec <= _INTEGER and 0 <= row.sealed.size <= _BIG_INTEGER
    )
    return ids and numbers and all(at is None or at.tzinfo is not None for at in (row.created_at, row.touched_at))
