"""Identifiers that are sent upstream: only those the operator switched on, never values that a client claims.

Source: behaviour of identifiers; limits of the OpenRouter API reference: 256 characters for `user` and `session_id`,
16 pairs of metadata, 64 characters a key, 512 a value.
"""

from dataclasses import dataclass

from domain.request.turn_request import Identifiers, Person

LONGEST_ID, LONGEST_USER = 256, 128


@dataclass(frozen=True, slots=True)
class Identified:
    """The identifying fields of a request body."""

    user: str | None = None
    session_id: str | None = None
    metadata: dict[str, str] | None = None


def identified(person: Person, send: Identifiers) -> Identified:
    """Return the fields to send; empty and too long ids are omitted."""
    user = _fitting(person.user_id, LONGEST_USER) if send.end_user else None
    session = _fitting(person.session_id, LONGEST_ID) if send.session else None
    named = {
        "user_id": user,
        "session_id": session,
        "chat_id": _fitting(person.chat_id, LONGEST_ID) if send.chat else None,
        "message_id": _fitting(person.message_id, LONGEST_ID) if send.message else None,
    }
    metadata = {key: value for key, value in named.items() if value is not None}
    return Identified(user, session, metadata or None)


def _fitting(value: str, longest: int) -> str | None:
    return value if 0 < len(value) <= longest else None
