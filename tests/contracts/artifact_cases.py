"""Example artifacts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from ports.artifacts import Artifact
from ports.cipher import Sealed

DAY = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
HERE = "pipe_1a2b3c4d"
PRINT = "ab" * 16
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@cache
def ulid(number: int) -> str:
    """Return a ULID for a number; ULIDs sort like their numbers."""
    return "01" + "".join(DIGITS[number >> shift & 31] for shift in range(115, -1, -5))


def row(number: int, turn: int, ordinal: int = 0, **changes: object) -> Artifact:
    """Return a row of one of ann's turns."""
    made = Artifact(
        id=ulid(number),
        namespace=HERE,
        turn_id=ulid(turn),
        ordinal=ordinal,
        kind="reasoning",
        model="openai/gpt-5",
        user_id="ann",
        sealed=Sealed(b"\x00" + str(number).encode(), "key-1", 1, 9),
        created_at=DAY + timedelta(minutes=turn),
        chat_id="chat-1",
        message_id="message-1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def turn_of(turn: int, count: int, **changes: object) -> list[Artifact]:
    """Return the rows of a turn."""
    return [row(turn * 1_000 + ordinal, turn, ordinal, **changes) for ordinal in range(count)]


def numbers(rows: tuple[Artifact, ...]) -> list[tuple[str, int]]:
    """Return the turn id and ordinal of each row."""
    return [(one.turn_id, one.ordinal) for one in rows]
