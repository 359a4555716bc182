"""Compare one day of the ledger with upstream's figures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ports.ledger import ModelSum
from ports.reconciliations import FiguresFrom, Outcome, Reconciled
from ports.upstream_figures import ModelFigures

TOLERANCE = Decimal("0.000001")
"""USD by which sums may differ: upstream adds binary fractions."""
MOST_REPORTED = 50
"""Models of one day whose differences are reported and stored one by one, the largest ones."""
NOTHING = ModelSum("", 0, 0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Compared:
    """One model, or with an empty name all of them: our sum, and upstream's; None where upstream gave no figure."""

    ours: ModelSum
    requests: int | None = None
    cost: Decimal | None = None

    def outcome(self, *, others_too: bool = False) -> Outcome:
        """Judge by the money. `others_too`: upstream's figure may contain what others spent, so it may be higher."""
        if self.cost is None:
            return Outcome.UNKNOWN
        missing = self.cost - self.ours.cost  # in the ledger
        if abs(missing) <= TOLERANCE or (others_too and missing > 0):
            return Outcome.EQUAL
        return Outcome.DIFFERS


@dataclass(frozen=True, slots=True)
class Theirs:
    """What upstream says of a day: all together, models, the total of the key at the day's end, and unusable rows."""

    figures: FiguresFrom
    whole: Compared
    lines: tuple[Compared, ...] = ()
    total: Decimal | None = None
    unreadable: int = 0


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins, and when the next one does."""
    begin = datetime.combine(day, time(), UTC)
    return begin, begin + timedelta(days=1)


def added(sums: Iterable[ModelSum], model: str = "") -> ModelSum:
    """Return the sum of all, under one name."""
    total = NOTHING
    for one in sums:
        total = ModelSum(model, total.entries + one.entries, total.inexact + one.inexact, total.cost + one.cost)
    return total


def compare(ours: Iterable[ModelSum], theirs: Iterable[ModelFigures]) -> tuple[Compared, ...]:
    """Return all models of either side, in the order of their names."""
    theirs = tuple(theirs)
    names = _names(theirs)
    booked, billed = defaultdict[str, list[ModelSum]](list), defaultdict[str, list[ModelFigures]](list)
    for one in ours:
        booked[_known_as(one.model, names)].append(one)
    for figures in theirs:
        billed[figures.model].append(figures)
    return tuple(
        Compared(
            added(booked[model], model) if booked[model] else ModelSum(model, 0, 0, Decimal(0)),
            sum(figures.requests for figures in billed[model]),
            sum((figures.cost for figures in billed[model]), Decimal(0)),
        )
        for model in sorted(booked.keys() | billed.keys())
    )


def altogether(lines: Iterable[Compared]) -> Compared:
    """Return the sum of all lines."""
    lines = tuple(lines)
    return Compared(
        added(line.ours for line in lines),
        sum(line.requests or 0 for line in lines),
        sum((line.cost or Decimal(0) for line in lines), Decimal(0)),
    )


def results(key_id: str, day: date, theirs: Theirs, now: datetime, *, may_be_partial: bool) -> list[Reconciled]:
    """Return what to store: the day, then the models that differ.

    `may_be_partial`: the ledger may have begun in the middle of the day, so that a difference says nothing.
    """
    others_too = theirs.figures is FiguresFrom.DAY_OF_ACCOUNT

    def row(line: Compared) -> Reconciled:
        outcome = Outcome.UNKNOWN if may_be_partial else line.outcome(others_too=others_too)
        ours = line.ours
        return Reconciled(
            key_id,
            day,
            theirs.figures,
            outcome,
            now,
            model=ours.model,
            entries=ours.entries,
            inexact=ours.inexact,
            cost=ours.cost,
            their_requests=line.requests,
            their_cost=line.cost,
        )

    differing = [line for line in theirs.lines if line.outcome(others_too=others_too) is Outcome.DIFFERS]
    differing.sort(key=lambda line: -abs(line.ours.cost - (line.cost or 0)))
    whole = replace(row(theirs.whole), total=theirs.total)
    if differing and not may_be_partial:
        whole = replace(whole, outcome=Outcome.DIFFERS)
    return [whole, *map(row, differing[:MOST_REPORTED])]


def _names(theirs: Iterable[ModelFigures]) -> Mapping[str, str]:
    """Return upstream's name for each name that an answer may carry."""
    names: dict[str, str] = {}
    for figures in theirs:
        names.setdefault(figures.version, figures.model)
    return names | {figures.model: figures.model for figures in theirs}


def _known_as(model: str, names: Mapping[str, str]) -> str:
    """Return the name under which upstream counts a model; a variant (`:online`) may count as the model itself."""
    bare, _, variant = model.partition(":")
    return names.get(model) or (names.get(bare, model) if variant else model)
