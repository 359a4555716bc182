"""Judge the ledger after a drill: each call that the simulator counted against the rows of its turn."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.state import Simulator
from ports.ledger import CostSource, Entry, EntryState

MARK = re.compile(r"drill-([0-9A-HJKMNP-TV-Z]{26})")
PATHS = ("/responses", "/chat/completions", "/images")
NAME_SECONDS = 1.0
"""Who leaves or dies this soon after the head of an answer was sent may not have read or stored its name."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a worker; `killed`: its process was; `left`: its reader left before its end."""

    turn_id: str
    kind: str
    killed: bool
    left: bool = False


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def miss(self, turn: Turn, what: str) -> None:
        """Note a miss."""
        self.misses.append(f"{turn.kind}{', killed' if turn.killed else ''}: {what}")


def turns_of(reports: Iterable[Path]) -> list[Turn]:
    """Read the reports of all workers."""
    turns: list[Turn] = []
    for report in reports:
        lines = [line.split(" ") for line in report.read_text().splitlines()] if report.exists() else []
        killed = ["done"] not in lines
        left = {line[1] for line in lines if line[0] == "left"}
        turns += [Turn(line[1], line[2], killed, line[1] in left) for line in lines if line[0] == "turn"]
    return turns


def calls_of(simulator: Simulator) -> Mapping[str, list[RequestRecord]]:
    """Return the calls that reached the simulator whole, by turn."""
    calls: dict[str, list[RequestRecord]] = defaultdict(list)
    for record in simulator.records:
        if record.method == "POST" and record.path.endswith(PATHS) and record.body is not None:
            found = MARK.search(json.dumps(record.body))
            calls[found[1] if found else ""].append(record)
    return calls


def judge(simulator: Simulator, turn: Turn, calls: list[RequestRecord], rows: tuple[Entry, ...], f: Figures) -> None:
    """Judge one turn."""
    f.counts["turns"] += 1
    f.counts["calls that reached upstream"] += len(calls)
    f.counts["rows"] += len(rows)
    for row in rows:
        f.counts[f"rows {row.state.value}"] += 1
        if row.state is EntryState.STARTED:
            f.miss(turn, "a row has no end")
    sent = [row for row in rows if row.state is not EntryState.VOID]
    by_name = {row.generation_id: row for row in sent if row.generation_id}
    if len(by_name) != sum(bool(row.generation_id) for row in sent):
        f.miss(turn, "two rows have one name")
    nameless = [row for row in sent if not row.generation_id]
    for call in calls:
        row = by_name.pop(call.generation_id or "", None)
        if row is not None:
            _check_bill(simulator, turn, call, row, f)
        elif not nameless:
            f.miss(turn, "a call has no row")
        else:
            _check_nameless(simulator, turn, call, _closest(nameless, call), f)
    for _ in by_name:
        f.miss(turn, "a row has a name that upstream never gave")
    for row in nameless:
        _check_unsent(turn, row, f)


def _closest(rows: list[Entry], call: RequestRecord) -> Entry:
    """Take the row of a call that has no name: a refused call is free, others are not."""
    refused = call.status is not None and call.status >= 400 and call.status != 504
    fitting = [row for row in rows if (row.cost_source is CostSource.FREE) == refused]
    row = (fitting or rows)[0]
    rows.remove(row)
    return row


def _check_bill(simulator: Simulator, turn: Turn, call: RequestRecord, row: Entry, f: Figures) -> None:
    bill = simulator.bills.find(row.generation_id, float("inf"))
    if bill is None:
        f.miss(turn, "a named call has no bill")
        return
    f.counts["rows with a name that equal the bill"] += 1
    f.counts[f"  by {row.cost_source.value}"] += 1
    if row.state is not EntryState.SETTLED or row.cost != Decimal(repr(float(bill.cost.total))):
        f.miss(turn, f"{row.state.value} at {row.cost}, the bill says {bill.cost.total}")


def _check_nameless(simulator: Simulator, turn: Turn, call: RequestRecord, row: Entry, f: Figures) -> None:
    if call.status is not None and call.status >= 400 and row.cost_source is CostSource.FREE:
        f.counts["calls refused, and free"] += 1
    elif call.status is not None and call.status >= 400:
        f.counts["calls refused late, and estimated"] += 1
        if row.state is not EntryState.ESTIMATED:
            f.miss(turn, f"a refused call is {row.state.value}")
    elif row.state is not EntryState.ESTIMATED or not (row.cost or row.cost_source is CostSource.UNKNOWN):
        f.miss(turn, f"a call without a bill is {row.state.value} at {row.cost}")
    elif call.answered_at is None:
        f.counts["calls cut before the answer, and estimated"] += 1
    elif (turn.killed or turn.left) and (call.ended_at or 0.0) - call.answered_at < NAME_SECONDS:
        f.counts["calls left or killed while their name arrived, and estimated"] += 1
    else:
        f.miss(turn, "an answered call has lost its name")


def _check_unsent(turn: Turn, row: Entry, f: Figures) -> None:
    """Judge a row that is not void although no call reached upstream: only a killed process may leave one."""
    if turn.killed and row.state is EntryState.ESTIMATED:
        f.counts["rows killed between the row and its request, and estimated"] += 1
    else:
        f.miss(turn, f"no call reached upstream, and the row is {row.state.value}")
