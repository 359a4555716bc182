"""Converts artifacts to table rows and back."""

import asyncio
from collections.abc import Iterable, Sequence
from re import compile as pattern
from typing import Any

from sqlalchemy import Row

from adapters.sql.tables import artifact
from adapters.sql.texts import micros, moment_of, original, stored
from ports.artifacts import Artifact
from ports.cipher import Sealed

ULID = pattern(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
HEX = pattern(r"[0-9a-f]{8,128}")
LOOKED_UP = 20_000
"""Most ids of one lookup; more than any caller needs."""
AT_ONCE = 200

a = artifact.c
COLUMNS = (
    a.namespace,
    a.id,
    a.turn_id,
    a.ordinal,
    a.kind,
    a.model,
    a.user_id,
    a.chat_id,
    a.message_id,
    a.fingerprint,
    a.key_id,
    a.codec,
    a.size,
    a.created_at,
    a.touched_at,
    a.payload,
)


def row_of(row: Artifact) -> dict[str, str | int | bytes]:
    """Return the columns of an artifact."""
    return {
        "namespace": stored(row.namespace),
        "id": stored(row.id),
        "turn_id": stored(row.turn_id),
        "ordinal": row.ordinal,
        "kind": stored(row.kind),
        "model": stored(row.model),
        "user_id": stored(row.user_id),
        "chat_id": stored(row.chat_id),
        "message_id": stored(row.message_id),
        "fingerprint": stored(row.fingerprint),
        "key_id": stored(row.sealed.key_id),
        "codec": row.sealed.codec,
        "size": row.sealed.size,
        "created_at": micros(row.created_at),
        "touched_at": micros(row.touched_at or row.created_at),
        "payload": row.sealed.payload,
    }


async def artifacts_of(rows: Sequence[Row[Any]]) -> tuple[Artifact, ...]:
    """Return the artifacts of rows with COLUMNS; other tasks run in between."""
    artifacts: list[Artifact] = []
    for start in range(0, len(rows), AT_ONCE):
        if start:
            await asyncio.sleep(0)
        artifacts += [_artifact_of(row) for row in rows[start : start + AT_ONCE]]
    return tuple(artifacts)


def plausible_turns(turn_ids: Iterable[str]) -> list[str]:
    """Return well-formed turn ids without duplicates, newest first."""
    return sorted({turn_id for turn_id in turn_ids if ULID.fullmatch(turn_id)}, reverse=True)[:LOOKED_UP]


def plausible_fingerprints(fingerprints: Iterable[str]) -> list[str]:
    """Return well-formed fingerprints without duplicates."""
    return sorted({print_ for print_ in fingerprints if HEX.fullmatch(print_)})[:LOOKED_UP]


def _artifact_of(row: Row[Any]) -> Artifact:
    namespace, id_, turn_id, ordinal, kind, model, user_id, chat_id, message_id, fingerprint, *rest = row
    key_id, codec, size, created_at, touched_at, payload = rest
    return Artifact(
        id=original(id_),
        namespace=original(namespace),
        turn_id=original(turn_id),
        ordinal=ordinal,
        kind=original(kind),
        model=original(model),
        user_id=original(user_id),
        sealed=Sealed(bytes(payload), original(key_id), codec, size),
        created_at=moment_of(created_at),
        chat_id=original(chat_id),
        message_id=original(message_id),
        fingerprint=original(fingerprint),
        touched_at=None if touched_at == created_at else moment_of(touched_at),
    )
