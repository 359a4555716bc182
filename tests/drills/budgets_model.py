"""Every order of events of the protocol of budgets, played on the adapter in memory itself.

The same model is in docs/models/budgets.pml: turns that reserve, send and settle, workers that die at any step, answers
of the store that are lost, reservations that expire too early, and every settling step twice.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.memory.budgets import MemoryBudgets, _Hold
from ports.budgets import HOLD_FOLLOWERS, Claim, HoldState, Unit

MODEL = Path(__file__).resolve().parents[2] / "docs/models/budgets.pml"
LIMIT, ESTIMATES, PRICES = 4, (2, 2, 0), (1, 3, 1)
"""The limit; per turn what it reserves and what it costs: less, more, and of a model without a price."""
TURNS = range(len(PRICES))
NOW = datetime(2026, 11, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
UNSETTLED = frozenset({HoldState.PENDING, HoldState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a turn is: new, stopping, going, begun, sent, settled, gone."""

    phase: str = "new"
    sent: bool = False
    unguarded: bool = False

    @property
    def gone(self) -> bool:
        return self.phase == "gone"


class Broken(Exception):
    """A state breaks the protocol."""


def now(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


def copied(budgets: MemoryBudgets) -> MemoryBudgets:
    twin = MemoryBudgets()
    twin._balances, twin._ends = dict(budgets._balances), dict(budgets._ends)
    twin._holds = {
        key: _Hold(hold.state, hold.claims, hold.holder, hold.expires_at) for key, hold in budgets._holds.items()
    }
    return twin


def claim(amount: int) -> Claim:
    return Claim("all", Unit.USD, amount, LATER, LIMIT)


def state_of(budgets: MemoryBudgets, turn: int) -> HoldState | None:
    hold = budgets._holds.get(("ns", str(turn)))
    return hold.state if hold is not None else None


def settle(budgets: MemoryBudgets, number: int, turn: Turn) -> None:
    if turn.sent:
        now(budgets.post("ns", str(number), [claim(PRICES[number])]))
    else:
        now(budgets.void("ns", str(number)))


World = tuple[MemoryBudgets, tuple[Turn, ...]]


def moved(world: World, number: int, **changes: Any) -> World:
    turns = list(world[1])
    turns[number] = replace(turns[number], **changes)
    return world[0], tuple(turns)


def steps(world: World) -> Iterator[World]:
    """Yield every world that may follow."""
    for number in TURNS:
        yield from steps_of(world, number)
        budgets, turns = world
        state = state_of(budgets, number)
        if state is HoldState.PENDING:  # the sweeper, rightly or too early
            twin = copied(budgets)
            twin._holds["ns", str(number)].expires_at = NOW - timedelta(days=1)
            now(twin.expire("ns", NOW, 10))
            yield twin, turns
        if turns[number].gone and state is HoldState.EXPIRED:  # by the ledger
            twin = copied(budgets)
            settle(twin, number, turns[number])
            yield twin, turns


def steps_of(world: World, number: int) -> Iterator[World]:
    budgets, turns = world
    turn = turns[number]
    if turn.phase == "new":
        twin = copied(budgets)
        granted = now(twin.reserve("ns", str(number), [claim(ESTIMATES[number])], "us", LATER))
        if granted.held:
            yield moved((twin, turns), number, phase="going")
            yield moved((twin, turns), number, phase="stopping")  # the answer was lost, and the operator refuses
        yield moved(world, number, phase="gone")
        yield moved(world, number, phase="going", unguarded=True)  # the store is down, and the operator allows
        return
    if not turn.gone:
        yield moved(world, number, phase="gone")  # it dies here
    if turn.phase == "going":
        yield moved(world, number, phase="begun")
    if turn.phase == "begun":
        yield moved(world, number, phase="sent", sent=True)
    if turn.phase in ("stopping", "begun", "sent", "settled"):
        twin = copied(budgets)
        settle(twin, number, turn)
        after = "settled" if turn.phase in ("begun", "sent") else "gone"
        yield moved((twin, turns), number, phase=after)


def check(world: World) -> None:
    """Raise Broken if a promise is broken."""
    budgets, turns = world
    (balance,) = now(budgets.read("ns", ["all"]))
    posted = [number for number in TURNS if state_of(budgets, number) is HoldState.POSTED]
    beyond = sum(
        PRICES[number] if turns[number].unguarded else max(0, PRICES[number] - ESTIMATES[number]) for number in posted
    )
    if balance.spent < 0 or balance.reserved < 0:
        raise Broken("an account is negative")
    if balance.spent + balance.reserved > LIMIT + beyond:
        raise Broken("the limit is exceeded by more than what was in flight")


def check_end(world: World) -> None:
    """Raise Broken if nothing can follow and something is left."""
    budgets, turns = world
    (balance,) = now(budgets.read("ns", ["all"]))
    if any(state_of(budgets, number) in UNSETTLED for number in TURNS) or balance.reserved:
        raise Broken("a reservation lives for ever")
    lost = {number for number in TURNS if turns[number].unguarded and state_of(budgets, number) is None}
    if balance.spent != sum(PRICES[number] for number in TURNS if turns[number].sent and number not in lost):
        raise Broken("an attempt is booked twice, or not at all")


def key_of(world: World) -> object:
    budgets, turns = world
    return (
        turns,
        tuple(sorted((key[1], hold.state.value) for key, hold in budgets._holds.items())),
        tuple((balance.spent, balance.reserved) for balance in budgets._balances.values()),
    )


def explore() -> tuple[int, int]:
    """Visit every state; return how many there are, and how many are ends. Raises Broken."""
    first: World = (MemoryBudgets(), tuple(Turn() for _ in TURNS))
    seen, waiting, ends = {key_of(first)}, [first], 0
    while waiting:
        world = waiting.pop()
        check(world)
        followers = list(steps(world))
        if not followers:
            check_end(world)
            ends += 1
        for follower in followers:
            key = key_of(follower)
            if key not in seen:
                seen.add(key)
                waiting.append(follower)
    assert HOLD_FOLLOWERS
    return len(seen), ends


def spin() -> str:
    """Check the model with spin; return what came out, or that spin is not installed."""
    spin_command, compiler = shutil.which("spin"), shutil.which("cc")
    if spin_command is None or compiler is None:
        return "not installed (apt-get install spin gcc); the states above are those of the same model"
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            [spin_command, "-a", str(MODEL)],
            [compiler, "-DSAFETY", "-O2", "-w", "-o", "pan", "pan.c"],
            ["./pan", "-m100000"],
        ):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
            if done.returncode:
                raise Broken(f"{command[0]}: {done.stdout[-300:]}{done.stderr[-300:]}")
    if "errors: 0" not in done.stdout:
        raise Broken(f"spin found an error: {done.stdout[:500]}")
    return next(line.strip() for line in done.stdout.splitlines() if "states, stored" in line)
