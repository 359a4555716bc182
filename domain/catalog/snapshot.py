"""Store the list of models as bytes, so that it survives a reload and a restart, and read it back.

Unknown fields of a later release are ignored, missing fields take their defaults; only another `FORMAT` is rejected.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256

from ports.catalog import Model, PictureOption, Pictures, Prices, Reasoning
from ports.responses import Route

FORMAT = 2


class SnapshotUnusable(Exception):
    """These bytes are not a list of models for this route. `reason` names the problem without any data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Upstream's list at `fetched_at` (aware, UTC). `zero_retention` is None if it was not requested."""

    models: tuple[Model, ...]
    fetched_at: datetime
    zero_retention: frozenset[str] | None = None


def snapshot_key(route: Route) -> str:
    """Return the storage key of a route's list: one per address and key, neither of which it reveals."""
    return f"models-{_mark(route)}"


def write_snapshot(snapshot: Snapshot, route: Route) -> bytes:
    """Return the list as bytes."""
    retention = snapshot.zero_retention
    return json.dumps(
        {
            "format": FORMAT,
            "route": _mark(route),
            "fetched_at": snapshot.fetched_at.timestamp(),
            "zero_retention": None if retention is None else sorted(retention),
            "models": [_written(model) for model in snapshot.models],
        }
    ).encode()


def read_snapshot(raw: bytes, route: Route) -> Snapshot:
    """Return the list from these bytes. Raises SnapshotUnusable for any other bytes."""
    try:
        held = json.loads(raw)
    except (ValueError, RecursionError):
        raise SnapshotUnusable("empty" if not raw else "damaged") from None
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise SnapshotUnusable("written by another version")
    if held.get("route") != _mark(route):
        raise SnapshotUnusable("of another key or address")
    try:
        retention = held.get("zero_retention")
        models = tuple(_model(entry) for entry in held["models"])
        fetched_at = datetime.fromtimestamp(held["fetched_at"], UTC)
        kept = None if retention is None else frozenset(_text(slug) for slug in retention)
    except (KeyError, TypeError, ValueError, OverflowError, OSError, InvalidOperation):
        raise SnapshotUnusable("damaged") from None
    if not models:
        raise SnapshotUnusable("without models")
    return Snapshot(models, fetched_at, kept)


def _mark(route: Route) -> str:
    named = json.dumps([route.base_url, route.api_key])
    return sha256(named.encode()).hexdigest()[:32]


def _written(value: Model | Reasoning | Pictures | PictureOption | Prices) -> dict[str, object]:
    """Return the fields that differ from their defaults, as JSON values."""
    written: dict[str, object] = {}
    for one in fields(value):
        default = one.default if one.default_factory is MISSING else one.default_factory()
        given = getattr(value, one.name)
        if given != default:
            written[one.name] = _plain(given)
    return written


def _plain(value: object) -> object:
    match value:
        case Reasoning() | Pictures() | PictureOption() | Prices():
            return _written(value)
        case Decimal():
            return str(value)
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return value


def _model(entry: object) -> Model:
    return Model(**_read(entry, _MODEL))  # type: ignore[arg-type]  # the readers give each field its type


def _reasoning(entry: object) -> Reasoning:
    return Reasoning(**_read(entry, _REASONING))  # type: ignore[arg-type]


def _pictures(entry: object) -> Pictures:
    return Pictures(**_read(entry, _PICTURES))  # type: ignore[arg-type]


def _rarer_prices(entry: object) -> Prices:
    return Prices(**_read(entry, dict.fromkeys(_RARER_PRICES, _price)))  # type: ignore[arg-type]


def _options(value: object) -> tuple[PictureOption, ...] | None:
    if not isinstance(value, list):
        raise TypeError("a list is none")
    return tuple(PictureOption(**_read(entry, _OPTION)) for entry in value)  # type: ignore[arg-type]


Readers = Mapping[str, Callable[[object], object]]


def _read(entry: object, readers: Readers) -> dict[str, object]:
    if not isinstance(entry, dict):
        raise TypeError("an entry is no object")
    return {name: read(entry[name]) for name, read in readers.items() if name in entry}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is none")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a count is none")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("a switch is none")
    return value


def _price(value: object) -> Decimal:
    price = Decimal(_text(value))
    if not price.is_finite():
        raise ValueError("a price is no number")
    return price


def _prices(value: object) -> tuple[Decimal | None, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is none")
    return tuple(None if price is None else _price(price) for price in value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is none")
    return tuple(_text(one) for one in value)


def _set(value: object) -> frozenset[str]:
    return frozenset(_texts(value))


_REASONING: Readers = {
    "mandatory": _flag,
    "takes_effort": _flag,
    "efforts": _texts,
    "takes_budget": _flag,
}
_OPTION: Readers = {
    "name": _text,
    "values": _texts,
    "least": _count,
    "most": _count,
}
_PICTURES: Readers = {
    "options": _options,
    "streams": _flag,
}
_RARER_PRICES = tuple(one.name for one in fields(Prices))
_MODEL: Readers = {
    "id": _text,
    "name": _text,
    "created": _count,
    "context_length": _count,
    "max_completion_tokens": _count,
    "prompt_price": _price,
    "completion_price": _price,
    "input_modalities": _set,
    "output_modalities": _set,
    "supported_parameters": _set,
    "reasoning": _reasoning,
    "canonical_slug": _text,
    "listed_prices": _prices,
    "description": _text,
    "web_search_price": _price,
    "pictures": _pictures,
    "prices": _rarer_prices,
}
