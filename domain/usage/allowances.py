"""When an allowance of the operator's key is low: at a fifth and at a twentieth of its limit, once each."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ports.allowances import Allowance, AllowanceKind

LEVELS = (5, 20)
"""Percent of the limit that are left when a warning is due, the gravest first."""
WHOLE = 100
MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Standing:
    """What was read at `at` (seconds of the wall clock), and the level that each kind is at: None above all levels."""

    at: float = 0.0
    allowances: tuple[Allowance, ...] = ()

    def level(self, kind: AllowanceKind) -> int | None:
        """Return the gravest level that an allowance has reached; None if it is above all of them, or unknown."""
        return next((level_of(one) for one in self.allowances if one.kind is kind), None)


def level_of(allowance: Allowance) -> int | None:
    """Return the gravest level that is reached, None above all of them."""
    return next((level for level in LEVELS if allowance.remaining * WHOLE <= allowance.limit * level), None)


def percent_left(allowance: Allowance) -> int:
    """Return what is left in whole percent, rounded down."""
    return int(allowance.remaining * WHOLE / allowance.limit)


def newly_low(before: Standing, now: Iterable[Allowance]) -> tuple[tuple[Allowance, int], ...]:
    """Return the allowances that have reached a graver level than before, and that level.

    One that was above a level in between reaches it anew.
    """
    found = []
    for one in now:
        level, last = level_of(one), before.level(one.kind)
        if level is not None and (last is None or level < last):
            found.append((one, level))
    return tuple(found)


def written(standing: Standing) -> str:
    """Return a standing as a text that `read` understands."""
    rows = [[one.kind.value, str(one.limit), str(one.remaining)] for one in standing.allowances]
    return json.dumps({"at": standing.at, "allowances": rows})


def read(text: str) -> Standing | None:
    """Return a standing; None for any other text."""
    try:
        found = json.loads(text)
        rows = [
            Allowance(AllowanceKind(kind), _amount(most), _amount(left)) for kind, most, left in found["allowances"]
        ]
        at = float(found["at"])
    except (ValueError, TypeError, KeyError, InvalidOperation, RecursionError):
        return None
    return Standing(at, tuple(rows)) if all(row.limit > 0 for row in rows) else None


def _amount(text: object) -> Decimal:
    if not isinstance(text, str) or len(text) > MOST_DIGITS:
        raise ValueError
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError
    return amount
