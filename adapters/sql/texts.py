"""Converts texts and times to the form stored in the tables, and back."""

from datetime import UTC, datetime, timedelta
from re import Match
from re import compile as pattern

from ports.storable_texts import REFUSED

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ODD = pattern(rf"[\\{REFUSED}]")
WRITTEN = pattern(r"\\([0-9a-f]{4})")


def stored(text: str) -> str:
    """Escape characters that databases refuse (NUL, lone surrogates) as backslash and four hex digits; reversible."""
    return ODD.sub(_written, text) if ODD.search(text) else text


def original(text: str) -> str:
    """Return the text that was passed to `stored`."""
    return WRITTEN.sub(_read, text) if "\\" in text else text


def micros(moment: datetime) -> int:
    """Return whole microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(number: int) -> datetime:
    """Return the time, aware, UTC."""
    return EPOCH + timedelta(microseconds=number)


def _written(odd: Match[str]) -> str:
    return f"\\{ord(odd[0]):04x}"


def _read(written: Match[str]) -> str:
    return chr(int(written[1], 16))
