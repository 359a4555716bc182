"""Processes killed while they run tools: requesting the same calls again never makes a tool act twice."""

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from adapters.sql.tables import tool_run
from domain.tools.replies import STARTED_BEFORE
from tests.doubles.databases import sqlite_url
from tests.drills.tools_killing import (
    CALLS,
    POINTS,
    STORING,
    Stop,
    ask_again,
    calls_of,
    effects_of,
    key_of,
    recorded_key_of,
    started,
    turn_of,
    write,
)

AT_ONCE = "committing"
"""A kill shortly after the start was about to be stored, wherever the process is by then."""
PLACES = (*POINTS, AT_ONCE)
EACH = 20
SLACK = 0.004  # s
GAP = 20
"""Turns between the ranges of two processes: a process not held may run a few more before it is killed."""
AFTERWARDS = 2
"""Processes that request the same calls at once after a kill."""


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    kills: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    unknown: int = 0
    ran_later: int = 0
    repeated: int = 0
    most: int = 0
    misses: list[str] = field(default_factory=list)


def run(each: int = EACH, seed: int = 0) -> Figures:
    """Kill `each` processes at every point, one after the other, and request the calls again after every kill."""
    rng, figures, first = Random(seed), Figures(), 1
    with TemporaryDirectory(prefix="killed-tools-") as name:
        folder = Path(name)
        url = sqlite_url(folder)
        for number in range(each * len(PLACES)):
            place = PLACES[number % len(PLACES)]
            last = first + rng.randrange(3)
            _kill(folder, url, first, Stop(place, turn_of(last), f"call-{rng.randrange(CALLS)}"), rng)
            figures.kills[place] += 1
            _ask_again(folder, url, range(first, last + 2), place, figures)
            first = last + GAP
        _count(folder, first, figures)
    return figures


def _kill(folder: Path, url: str, first: int, stop: Stop, rng: Random) -> None:
    """Start a process and kill it at its point, or shortly later; its other calls are at any point."""
    child, pipe = started(partial(write, folder, url, first, stop))
    point = STORING if stop.point == AT_ONCE else stop.point
    awaited, output = f"{point} {stop.turn} {stop.call_id}\n".encode(), b""
    while awaited not in output:
        more = os.read(pipe, 65536)
        if not more:
            raise RuntimeError("the process ended by itself")
        output += more
    time.sleep(rng.choice((0.0, rng.uniform(0, SLACK))))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(pipe)


def _ask_again(folder: Path, url: str, numbers: range, place: str, figures: Figures) -> None:
    """Let processes request all calls of the turns at once, and judge each call by the state known before."""
    known, before = _known(folder), Counter(effects_of(folder))
    again = [started(partial(ask_again, folder, url, numbers)) for _ in range(AFTERWARDS)]
    answers = [dict(_answers(child, pipe)) for child, pipe in again]
    after = Counter(effects_of(folder))
    for number in numbers:
        for call in calls_of(number):
            key = key_of(number, call)
            recorded = recorded_key_of(folder, number, call) in known
            texts = [output.get(key, "nothing") for output in answers]
            ran, more = texts.count("done"), after[key] - before[key]
            figures.calls += 1
            figures.misses += [
                f"killed {place}, {call.call_id} of {number}: {complaint}"
                for complaint in _complaints(call.name, texts, ran, more, before[key], recorded)
            ]
            if call.name == "look":
                figures.repeated += before[key] > 0
            else:
                figures.unknown += recorded
                figures.ran_later += not recorded


def _complaints(name: str, texts: list[str], ran: int, more: int, before: int, is_known: bool) -> list[str]:
    if name == "look":
        wrong = {f"one that may run again was answered {texts}": ran != len(texts)}
    else:
        wrong = {
            f"{before + more} effects": before + more > 1,
            f"it was started, and ran again: {texts}": is_known and ran > 0,
            f"it was never started, and ran {ran} times": not is_known and (ran != 1 or more != 1),
            "it had an effect without a start": before > 0 and not is_known,
            f"answered {texts}": any(text not in ("done", STARTED_BEFORE) for text in texts),
        }
    return [complaint for complaint, is_wrong in wrong.items() if is_wrong]


def _known(folder: Path) -> dict[str, str]:
    """Return the state of calls in the store, read directly."""
    connection = sqlite3.connect(folder / "store.db")
    try:
        rows = connection.execute(f"SELECT turn_id, call_id, arguments_hash, state FROM {tool_run.name}").fetchall()
    finally:
        connection.close()
    return {f"{turn}/{call}/{digest}": state for turn, call, digest, state in rows}


def _answers(child: int, pipe: int) -> list[tuple[str, str]]:
    output = b""
    while more := os.read(pipe, 65536):
        output += more
    os.close(pipe)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("a process that asked again broke")
    return [(key, text) for key, text in map(json.loads, output.decode().splitlines())]


def _count(folder: Path, first: int, figures: Figures) -> None:
    """Count the effects of all calls."""
    once = {key_of(number, call) for number in range(first) for call in calls_of(number) if call.name == "send"}
    effects = Counter(effects_of(folder))
    figures.most = max((count for key, count in effects.items() if key in once), default=0)
    if figures.most > 1:
        figures.misses.append(f"a tool acted {figures.most} times")
