"""Identifiers that are sent upstream: plain ones only where the operator switched them on.

Beside these, each chat has a session id: a keyed hash from which nobody can read the person or the chat. Upstream
routes requests with the same one to the same provider, so that its prompt cache holds the beginning of the chat.
Source: behaviour of identifiers; limits of the OpenRouter API reference: 256 characters for `user` and `session_id`,
16 pairs of metadata, 64 characters a key, 512 a value.
"""

import hmac
from dataclasses import dataclass

from domain.request.passed import MOST_PAIRS
from domain.request.turn_request import Identifiers, Person
from ports.json_values import JsonObject

LONGEST_ID, LONGEST_USER = 256, 128


@dataclass(frozen=True, slots=True)
class Identified:
    """The identifying fields of a request body."""

    user: str | None = None
    session_id: str | None = None
    metadata: dict[str, object] | None = None
    safety_identifier: str | None = None


def identified(person: Person, send: Identifiers, key: str = "", claimed: JsonObject | None = None) -> Identified:
    """Return the fields to send; empty and too long ids are omitted. `key`: the secret of the hashes.

    `claimed`: the caller's own `metadata` and `safety_identifier`, checked; the operator's ids come first.
    """
    user = _fitting(person.user_id, LONGEST_USER) if send.end_user else None
    named = {
        "user_id": user,
        "session_id": _fitting(person.session_id, LONGEST_ID) if send.session else None,
        "chat_id": _fitting(person.chat_id, LONGEST_ID) if send.chat else None,
        "message_id": _fitting(person.message_id, LONGEST_ID) if send.message else None,
    }
    ids: dict[str, object] = {name: value for name, value in named.items() if value is not None}
    pairs = (claimed or {}).get("metadata")
    others = list(pairs.items())[: MOST_PAIRS - len(ids)] if isinstance(pairs, dict) else []
    safety = _hashed(key, "safety", person.user_id) if send.safety and person.user_id else None
    own = (claimed or {}).get("safety_identifier")
    return Identified(
        user,
        session_of(person, key),
        {**ids, **dict(others)} or None,
        safety or (own if isinstance(own, str) else None),
    )


def session_of(person: Person, key: str) -> str | None:
    """Return the session id of a request: of a chat the same hash in every turn, else the one the caller names.

    A chat that is never saved may share its id with others; the person's session tells them apart.
    """
    if not person.chat_id:
        return _fitting(person.session_id, LONGEST_ID)
    return _hashed(key, "session", person.user_id, person.chat_id, person.session_id if person.temporary else "")


def _hashed(key: str, *named: str) -> str:
    text = "\0".join(named).encode("utf-8", "surrogatepass")
    return hmac.new(key.encode("utf-8", "surrogatepass"), text, "sha256").hexdigest()


def _fitting(value: str, longest: int) -> str | None:
    return value if 0 < len(value) <= longest else None
