"""Judge the ledger after a drill: the simulator's own list of calls against the rows that the database holds.

The judge knows nothing of the ledger's code. It pairs the calls of a turn with its rows, in their order. A row must
know exactly what its process can have known: all moments are those of one monotonic clock.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from entrypoints.simulator.records import Fate, RequestRecord
from entrypoints.simulator.state import Simulator
from ports.ledger import Spend
from tests.drills.ledger_tables import Row, Tables

MARK = re.compile(r"drill-([0-9A-HJKMNP-TV-Z]{26})")
PATHS = ("/responses", "/chat/completions", "/images")
STORING_SECONDS = 2.0
"""A process that is killed this soon after the head of an answer was sent may not have stored its name yet.

A quiet machine takes a tenth of that, a crowded one has taken 1.8; the longest time is among the figures. Some answers
take longer, so that a name which is never stored shows.
"""
CONNECTING_SECONDS = 3.0
"""A process that is killed this soon after the row of an attempt may not have sent its request yet."""
VOID, SETTLED, ESTIMATED = "void", "settled", "estimated"


@dataclass(frozen=True, slots=True)
class Worker:
    """One process: its report, and when it was killed, on the monotonic and on the wall clock; inf if it was not.

    `done_at`: when it had nothing left to do, on the monotonic clock.
    """

    report: Path
    killed_at: float = float("inf")
    killed_on: float = float("inf")
    done_at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a worker. `left_at`: when its reader left, inf if they did not. `fault`: what it ended with, empty if
    it did not end, "-" without a fault. `warned`: a soft limit was shown.
    """

    turn_id: str
    kind: str
    user_id: str
    worker: Worker
    left_at: float = float("inf")
    fault: str = ""
    warned: bool = False


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def miss(self, turn: Turn, what: str) -> None:
        """Note a miss."""
        killed = ", killed" if turn.worker.killed_at < float("inf") else ""
        self.misses.append(f"{turn.kind}{killed}: {what}")


def turns_of(workers: Iterable[Worker]) -> list[Turn]:
    """Read the reports of all workers."""
    turns: list[Turn] = []
    for worker in workers:
        if not worker.report.exists():
            continue
        lines = [line.split(" ") for line in worker.report.read_text().splitlines()]
        left = {line[1]: float(line[-1]) for line in lines if line[0] == "left"}
        ended = {line[1]: line[2] for line in lines if line[0] == "ended"}
        warned = {line[1] for line in lines if line[0] == "warned"}
        worker = replace(worker, done_at=next((float(line[1]) for line in lines if line[0] == "done"), float("inf")))
        for line in lines:
            if line[0] == "turn":
                turn_id, never = line[1], float("inf")
                found = (left.get(turn_id, never), ended.get(turn_id, ""), turn_id in warned)
                turns.append(Turn(turn_id, line[2], line[3], worker, *found))
    return turns


def calls_of(simulator: Simulator) -> Mapping[str, list[RequestRecord]]:
    """Return the calls that reached the simulator whole, by turn, in their order."""
    calls: dict[str, list[RequestRecord]] = defaultdict(list)
    for record in simulator.records:
        if record.method == "POST" and record.path.endswith(PATHS) and record.fate is not Fate.UNREAD:
            found = MARK.search(json.dumps(record.body))
            calls[found[1] if found else ""].append(record)
    return calls


def judge(simulator: Simulator, turns: Iterable[Turn], tables: Tables, f: Figures) -> None:
    """Judge every turn, then whether the sums of both sides agree."""
    calls = calls_of(simulator)
    known = set()
    for turn in turns:
        known.add(turn.turn_id)
        _judge_turn(simulator, turn, calls.get(turn.turn_id, []), tables.rows.get(turn.turn_id, []), f)
    if strange := set(calls) - known:
        f.misses.append(f"{len(strange)} calls belong to no turn")
    if strange := set(tables.rows) - known:
        f.misses.append(f"{len(strange)} rows belong to no turn")
    _judge_sums(tables, f)


def judge_spend(spent: Iterable[Spend], tables: Tables, f: Figures) -> None:
    """Compare the sums by person, model and day with those of the rows, to the last digit."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for one in spent:
        entries, cost = sums.get(one.user_id, (0, Decimal(0)))
        sums[one.user_id] = (entries + one.entries, cost + one.cost)
    expected: dict[str, tuple[int, Decimal]] = {}
    for row in (row for rows in tables.rows.values() for row in rows if row.state != VOID):
        entries, cost = expected.get(row.user_id, (0, Decimal(0)))
        expected[row.user_id] = (entries + 1, cost + (row.cost or Decimal(0)))
    f.counts["persons whose sums equal their rows"] = sum(sums.get(user) == found for user, found in expected.items())
    if sums != expected:
        f.misses.append("the sums by person differ from the rows")


def _judge_turn(simulator: Simulator, turn: Turn, calls: list[RequestRecord], rows: list[Row], f: Figures) -> None:
    f.counts["turns"] += 1
    f.counts["calls that the simulator counted"] += len(calls)
    sent = [row for row in rows if row.state != VOID]
    for call, row in zip(calls, sent, strict=False):
        f.counts[f"calls {call.fate.value}, by the simulator's list"] += 1
        _judge_pair(simulator, turn, call, row, f)
    if len(calls) > len(sent):
        f.miss(turn, f"{len(calls) - len(sent)} calls have no row")
    for row in sent[len(calls) :]:
        _judge_unsent(turn, row, f)
    for row in rows:
        if row.state == VOID and (row.cost or row.generation_id):
            f.miss(turn, "a void row has a cost or a name")


def _judge_pair(simulator: Simulator, turn: Turn, call: RequestRecord, row: Row, f: Figures) -> None:
    answered = call.fate is Fate.ANSWERED
    if row.generation_id:
        bill = simulator.bills.find(row.generation_id, float("inf"))
        if not answered or row.generation_id != call.generation_id or bill is None:
            f.miss(turn, f"a row has the name of another call than its own, which was {call.fate.value}")
        elif row.state != SETTLED or row.cost != Decimal(repr(float(bill.cost.total))):
            f.miss(turn, f"{row.state} at {row.cost}, the bill says {bill.cost.total}")
        f.counts[f"rows with a name that equal the bill, by {row.source}"] += 1
        return
    if call.fate is Fate.REFUSED and row.state == SETTLED:
        f.counts["calls refused, and free"] += 1
        if row.cost or row.source != "free":
            f.miss(turn, f"a refused call costs {row.cost}")
        return
    if row.state != ESTIMATED or not (row.cost or row.source == "unknown"):
        f.miss(turn, f"a call that was {call.fate.value} is {row.state} at {row.cost} without a name")
    f.counts[f"rows estimated, {_reason(turn, call, f)}"] += 1


def _reason(turn: Turn, call: RequestRecord, f: Figures) -> str:
    """Return why nobody can know what a call cost; a miss if somebody could have."""
    if call.fate is Fate.CUT:
        return "cut before they were answered, by the simulator's list"
    answered_at = call.answered_at or 0.0
    if answered_at >= turn.left_at:
        return "answered in the moment in which their reader left"
    gap = turn.worker.killed_at - answered_at
    if gap < STORING_SECONDS:
        f.counts["  longest of these moments, ms"] = max(f.counts["  longest of these moments, ms"], round(gap * 1e3))
        return "answered in the moment in which their process was killed"
    f.miss(
        turn,
        f"a call that was {call.fate.value} is estimated; its reader left {turn.left_at - answered_at:.3f} s "
        f"later, its process was killed {gap:.3f} s later",
    )
    return "although they were answered"


def _judge_unsent(turn: Turn, row: Row, f: Figures) -> None:
    """Judge a row that is not void although no call reached upstream: only a killed process may leave one."""
    if row.state != ESTIMATED or row.generation_id:
        f.miss(turn, f"no call reached upstream, and the row is {row.state}")
    elif turn.worker.killed_on - row.started_at > CONNECTING_SECONDS:
        f.miss(turn, "no call reached upstream, and the row is not void")
    f.counts["rows estimated, of processes killed between row and request"] += 1


def _judge_sums(tables: Tables, f: Figures) -> None:
    """Compare the sums: each row is one call of the list, or void, or of a process killed before its request."""
    states = Counter(row.state for rows in tables.rows.values() for row in rows)
    for state, count in states.items():
        f.counts[f"rows {state}"] = count
    if set(states) - {VOID, SETTLED, ESTIMATED}:
        f.misses.append(f"rows have no end: {dict(states)}")
    unsent = f.counts["rows estimated, of processes killed between row and request"]
    if states.total() != f.counts["calls that the simulator counted"] + states[VOID] + unsent:
        f.misses.append("there are not as many rows as calls")
    reasons = {what: count for what, count in f.counts.items() if what.startswith("rows estimated,")}
    if states[ESTIMATED] != sum(reasons.values()):
        f.misses.append("there are more estimated rows than calls that nobody knows the cost of")
    cut = f.counts["rows estimated, cut before they were answered, by the simulator's list"]
    if cut != f.counts["calls cut, by the simulator's list"]:
        f.misses.append(f"{cut} rows are estimated for the calls that the simulator lists as cut")
    names = [row.generation_id for rows in tables.rows.values() for row in rows if row.generation_id]
    if len(names) != len(set(names)):
        f.misses.append("two rows have one name")
