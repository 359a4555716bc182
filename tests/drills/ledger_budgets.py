"""Judge the budgets after a drill of the ledger: what the counters say against the simulator's bills and the rows."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from decimal import ROUND_UP, Decimal

from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.state import Simulator
from tests.drills.ledger_judge import Figures, Turn
from tests.drills.ledger_tables import Tables
from tests.drills.ledger_worker import CAPPED, HASTY, PER_MINUTE, TOO_FAST

UNIT = Decimal("1e-10")
"""What counters of money count in, in USD."""
MOMENT = 1.5
"""Seconds from the admission of a turn to its request, and from its answer to its posting."""
SPENT, UNKNOWN = "budget_spent", "budget_unknown"
SKIPPED = 12.0
"""Seconds for which a process may leave a database alone that was away."""
SETTLED_HOLDS = frozenset({"posted", "voided"})


def judge_budgets(
    simulator: Simulator,
    turns: list[Turn],
    calls: Mapping[str, list[RequestRecord]],
    tables: Tables,
    away: tuple[float, float],
    hard: Decimal,
    f: Figures,
) -> None:
    """Judge reservations, the hard budget, the rates and the refusals; then the counters against the rows.

    `away`: from when to when the database was away, on the monotonic clock.
    """
    _judge_holds(tables, f)
    _judge_refusals(turns, calls, tables, f)
    capped = [call for turn in turns if turn.kind == "capped" for call in calls.get(turn.turn_id, [])]
    _judge_hard(simulator, capped, tables, hard, f)
    _judge_rates(turns, tables, f)
    _judge_counters(turns, tables, away, f)


def _judge_holds(tables: Tables, f: Figures) -> None:
    states = Counter(tables.holds.values())
    for state, count in states.items():
        f.counts[f"reservations {state}"] = count
    if set(states) - SETTLED_HOLDS:
        f.misses.append(f"reservations are left: {dict(states)}")
    if any(counter.reserved or counter.spent < 0 for counter in tables.counters):
        f.misses.append("a counter holds something that nobody reserved, or is negative")


def _judge_refusals(
    turns: Collection[Turn], calls: Mapping[str, list[RequestRecord]], tables: Tables, f: Figures
) -> None:
    """A refused turn sends nothing and has no row. Every kind of refusal and a warning must have come up."""
    for turn in turns:
        f.counts["turns that were warned of a soft limit"] += turn.warned
        if turn.fault in (SPENT, TOO_FAST, UNKNOWN):
            f.counts[f"turns refused, {turn.fault}"] += 1
            if calls.get(turn.turn_id) or tables.rows.get(turn.turn_id):
                f.miss(turn, "a turn that its budget refused sent something, or has a row")
    hasty = sum(turn.user_id == HASTY for turn in turns)
    for what in ("turns that were warned of a soft limit", f"turns refused, {SPENT}", f"turns refused, {TOO_FAST}"):
        if not f.counts[what] and hasty > 10 * PER_MINUTE:
            f.misses.append(f"no {what}: the drill proved nothing")


def _judge_hard(simulator: Simulator, calls: list[RequestRecord], tables: Tables, hard: Decimal, f: Figures) -> None:
    """The settled bills of the simulator exceed the hard budget at most by the calls that ran when it was spent.

    Bills of calls whose name nobody got cannot count; they are bounded by the number of processes killed.
    """
    named = {row.generation_id for rows in tables.rows.values() for row in rows}
    found = [(call, simulator.bills.find(call.generation_id or "", float("inf"))) for call in calls]
    f.counts["hard budget, bills that nobody got"] = sum(
        bill is not None and call.generation_id not in named for call, bill in found
    )
    billed = [
        (call.started_at, call.ended_at or 0.0, bill.cost.total)
        for call, bill in found
        if bill is not None and call.generation_id in named
    ]
    total, spent_at = Decimal(0), float("inf")
    for _, ended_at, cost in sorted(billed, key=lambda one: one[1]):
        total += cost
        if total >= hard and spent_at == float("inf"):
            spent_at = ended_at
    flying = [cost for began, ended, cost in billed if began <= spent_at + MOMENT and ended >= spent_at - MOMENT]
    late = sum(began > spent_at + MOMENT for began, _, _ in billed)
    f.counts["hard budget, limit in 1e-6 USD"] = int(hard * 1_000_000)
    f.counts["hard budget, settled bills of the simulator in 1e-6 USD"] = int(total * 1_000_000)
    f.counts["hard budget, calls in flight when it was spent"] = len(flying) if spent_at < float("inf") else 0
    if late:
        f.misses.append(f"{late} calls began after the hard budget was spent")
    if total > hard + sum(flying, Decimal(0)):
        f.misses.append(f"the hard budget of {hard} is exceeded by more than what was in flight: {total}")


def _judge_rates(turns: Iterable[Turn], tables: Tables, f: Figures) -> None:
    """No person sends more requests in a minute than allowed; what ran while the database was away is counted later."""
    unguarded = sum(
        turn.user_id == HASTY and turn.turn_id not in tables.reserved and turn.turn_id in tables.rows for turn in turns
    )
    minutes = [one.spent for one in tables.counters if one.account.startswith("minute:") and one.unit == "requests"]
    f.counts["most requests of one person in a minute"] = max(minutes, default=0)
    if max(minutes, default=0) > PER_MINUTE + unguarded:
        f.misses.append(f"a person sent {max(minutes)} requests in a minute, {PER_MINUTE} are allowed")


def _judge_counters(turns: Iterable[Turn], tables: Tables, away: tuple[float, float], f: Figures) -> None:
    """The counters equal the rows, whatever process was killed when. Only turns without a reservation may be missing,
    whose process could post them no more: it was killed, or it ended while the database was away for it.
    """
    sums = {"everything": 0, "capped": 0}
    requests = tolerance = 0
    for turn in turns:
        sent = [row for row in tables.rows.get(turn.turn_id, []) if row.state != "void"]
        hold = tables.holds.get(turn.turn_id, "")
        if (hold == "posted" and not sent) or (hold == "voided" and sent):
            f.miss(turn, f"its reservation is {hold}, and its rows are {sorted(row.state for row in sent)}")
        if not sent:
            continue
        if not hold:
            f.counts["turns of gone processes, sent without a reservation, not counted"] += 1
            if turn.worker.killed_at == float("inf") and not away[0] < turn.worker.done_at < away[1] + SKIPPED:
                f.miss(turn, "a turn was sent and has no reservation")
            continue
        f.counts["turns sent without a reservation, and counted"] += turn.turn_id not in tables.reserved
        for name in ("everything", "capped")[: 2 if sent[0].model == CAPPED else 1]:
            sums[name] += _whole(sum((row.cost or Decimal(0) for row in sent), Decimal(0)))
        requests, tolerance = requests + 1, tolerance + len(sent)
    money: Counter[str] = Counter()
    for one in tables.counters:  # one counter per window
        money[one.account.rpartition(":")[2]] += one.spent if one.unit == "usd" else 0
    for (name, expected), (_, found) in zip(sums.items(), money.most_common(2), strict=True):
        f.counts[f"counter of {name}, in 1e-10 USD"] = found
        if abs(found - expected) > tolerance:
            f.misses.append(f"the counter of {name} is {found}, the ledger says {expected}")
    counted = sum(one.spent for one in tables.counters if one.unit == "requests")
    if counted != requests:
        f.misses.append(f"the counters of requests say {counted}, {requests} turns were sent")


def _whole(usd: Decimal) -> int:
    return int((usd / UNIT).to_integral_value(ROUND_UP))
