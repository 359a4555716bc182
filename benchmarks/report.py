"""The table: one line per measurement, ours beside the bare pipe, and whether the target was reached."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTHS = (62, 12, 12, 12, 14, 8)
HEADINGS = ("what", "ours", "bare", "ours/bare", "target", "reached")


@dataclass(frozen=True, slots=True)
class Line:
    """One row; `reached` is None if there is no target."""

    what: str
    ours: str
    bare: str = ""
    relation: str = ""
    target: str = ""
    reached: bool | None = None

    def text(self) -> str:
        """Return the row as printed."""
        word = {True: "yes", False: "NO", None: ""}[self.reached]
        return _row((self.what, self.ours, self.bare, self.relation, self.target, word))


class Broken(Exception):
    """An answer was short, misordered or missing: its figures would be meaningless."""


def ratio(what: str, ours: float, bare: float, unit: str, at_most: float | None = None) -> Line:
    """Compare by quotient; judged as printed, to two places."""
    relation = round(ours / bare, 2) if bare else float("inf")
    target = "" if at_most is None else f"≤ {at_most:g} ×"
    reached = None if at_most is None else relation <= at_most
    return Line(what, _figure(ours, unit), _figure(bare, unit), f"{relation:.2f} ×", target, reached)


def difference(
    what: str, ours: float, bare: float, unit: str, at_most: float | None = None, *, more: float | None = None
) -> Line:
    """Compare by difference; judged as printed, to one place.

    `more` replaces the difference of the two figures, for example by the median of the differences of the rounds.
    """
    more = round(ours - bare if more is None else more, 1)
    target = "" if at_most is None else f"≤ +{at_most:g} {unit}"
    reached = None if at_most is None else more <= at_most
    return Line(what, _figure(ours, unit), _figure(bare, unit), f"{more:+.1f} {unit}", target, reached)


def absolute(what: str, ours: float, unit: str, at_most: float | None = None, bare: float | None = None) -> Line:
    """Judge our figure alone."""
    target = "" if at_most is None else f"≤ {at_most:g} {unit}"
    reached = None if at_most is None else ours <= at_most
    return Line(what, _figure(ours, unit), "" if bare is None else _figure(bare, unit), "", target, reached)


def headings() -> str:
    """Return the first lines of the table."""
    return f"{_row(HEADINGS)}\n{'-' * (sum(WIDTHS) + len(WIDTHS) - 1)}"


def verdict(lines: Iterable[Line]) -> str:
    """Return the last line: how many targets there are, and how many were missed."""
    judged = [line for line in lines if line.reached is not None]
    missed = [line for line in judged if not line.reached]
    return f"{len(judged)} targets, {len(missed)} missed" + "".join(f"\n  missed: {line.what}" for line in missed)


def _figure(value: float, unit: str) -> str:
    shown = f"{value:,.0f}" if unit in ("chunks", "events") else f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{shown} {unit}"


def _row(cells: tuple[str, ...]) -> str:
    first, *rest = (cell for cell in cells)
    padded = [f"{cell:>{width}}" for cell, width in zip(rest, WIDTHS[1:], strict=True)]
    return " ".join([f"{first:<{WIDTHS[0]}}", *padded]).rstrip()
