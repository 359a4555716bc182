"""Store a breaker as a small JSON text and read it back; a text that cannot be read means a closed breaker."""

from json import dumps, loads

from domain.breakers.breaker import Breaker, Probe
from domain.breakers.policy import LONGEST, MOST_FAILURES
from ports.json_values import JsonObject

VERSION = 1
MOST_CHARACTERS = 8_192
MOST_TOKEN, MOST_MARK = 64, 16
FARTHEST = 2**53


def write_breaker(breaker: Breaker) -> str:
    """Return the text, empty for a new breaker. Times of failures are stored as ms after the first failure."""
    if breaker == Breaker():
        return ""
    first = breaker.failures[0] if breaker.failures else 0
    probe = breaker.probe
    values = {
        "v": VERSION,
        "epoch": breaker.epoch,
        "opened": breaker.opened_at,
        "cool_down": breaker.cool_down,
        "trips": breaker.trips,
        "probe": [probe.token, probe.since, probe.length] if probe else None,
        "first": first,
        "failed": [at - first for at in breaker.failures],
        "by": breaker.people or None,
    }
    return dumps({name: value for name, value in values.items() if value is not None}, separators=(",", ":"))


def read_breaker(text: str) -> Breaker:
    """Read the text of `write_breaker`; return a closed breaker for anything else, including other versions."""
    if not text or len(text) > MOST_CHARACTERS:
        return Breaker()
    try:
        values = loads(text)
        return _breaker(values) if isinstance(values, dict) and values.get("v") == VERSION else Breaker()
    except (ValueError, TypeError, LookupError, RecursionError):
        return Breaker()


def _breaker(values: JsonObject) -> Breaker:
    opened = values.get("opened")
    probe = values.get("probe")
    failures = _failures(values)
    return Breaker(
        failures=failures,
        epoch=_number(values["epoch"], 0, FARTHEST),
        opened_at=None if opened is None else _number(opened),
        cool_down=_number(values["cool_down"], 0, LONGEST),
        trips=_number(values["trips"], 0, FARTHEST),
        probe=None if probe is None or opened is None else _probe(*probe),
        people=_people(values.get("by"), len(failures)),
    )


def _failures(values: JsonObject) -> tuple[int, ...]:
    first, failed = _number(values["first"]), values["failed"]
    if len(failed) > MOST_FAILURES:
        raise ValueError("too many failures")
    return tuple(first + _number(after) for after in failed)


def _people(marks: object, count: int) -> tuple[str, ...]:
    if marks is None:
        return ()
    if not isinstance(marks, list) or len(marks) != count:
        raise ValueError("not one mark per failure")
    if not all(isinstance(mark, str) and len(mark) <= MOST_MARK for mark in marks):
        raise ValueError("no mark")
    return tuple(marks) if any(marks) else ()


def _probe(token: object, since: object, length: object) -> Probe:
    if not isinstance(token, str) or not 0 < len(token) <= MOST_TOKEN:
        raise ValueError("no token")
    return Probe(token, _number(since), _number(length, 0, LONGEST))


def _number(value: object, lowest: int = -FARTHEST, highest: int = FARTHEST) -> int:
    if type(value) is not int or not lowest <= value <= highest:
        raise ValueError("no number")
    return value
