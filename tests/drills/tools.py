"""Everything about tools at scale: `python -m tests.drills.tools [--seed N]`; exits with 1 on any miss.

Processes killed while tools run, random whole turns, the machine, strict schemas, breakers, slots.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial

from tests.drills import breakers
from tests.drills.tools_killed import PLACES
from tests.drills.tools_killed import run as run_killed
from tests.drills.tools_places import run as run_places
from tests.drills.tools_rules import run_breaker, run_machine, run_schemas
from tests.drills.tools_turns import run as run_turns

SHOWN = 10
PartResult = tuple[dict[str, object], list[str]]


def killed(each: int, seed: int) -> PartResult:
    """Kill processes. Runs first: this process must have no threads when it forks."""
    figures = run_killed(each, seed)
    few = [place for place in PLACES if figures.kills[place] < each]
    figures_by_name = {
        "processes killed": f"{figures.kills.total()} {dict(figures.kills)}",
        "calls asked for again": f"{figures.calls} twice at once, {figures.repeated} of a tool that may run again",
        "may have run, not run again": figures.unknown,
        "never started, run once": figures.ran_later,
        "most effects of one call": figures.most,
    }
    return figures_by_name, [*figures.misses, *(f"too few kills {place}" for place in few)]


def turns(worlds: int, seed: int) -> PartResult:
    """Run the use case."""
    figures = run_turns(worlds, seed)
    figures_by_name = {
        "whole turns, stopped": f"{figures.turns}, {figures.stopped}",
        "calls asked for, run, cut off": f"{figures.asked}, {figures.ran}, {figures.cut_off}",
        "most at once in a process": figures.most,
    }
    return figures_by_name, figures.misses


def machine(count: int, seed: int) -> PartResult:
    """Run the machine alone."""
    figures = run_machine(count, seed)
    counts = figures.counts
    figures_by_name = {
        "turns of the machine, stopped": f"{counts['turns']}, {counts['stopped']}",
        "calls answered, run": f"{counts['answered']}, {counts['ran']}",
        "most at once in a turn": counts["most"],
    }
    return figures_by_name, figures.misses


def schemas(examples: int, seed: int) -> PartResult:
    """Compare strict schemas with their originals."""
    figures = run_schemas(examples, seed)
    counts = figures.counts
    few = ["too few values were judged"] if counts["values"] < examples else []
    return {
        "schemas, strict": f"{counts['schemas']}, {counts['strict']}",
        "values valid by both": counts["values"],
    }, [*figures.misses, *few]


def breaker(examples: int, seed: int) -> PartResult:
    """Compare a breaker with its model, then let processes share one."""
    figures, shared = run_breaker(examples, 200, seed), breakers.run()
    return {
        "steps of a breaker and its model": figures.counts["steps"],
        "probes of 8 processes, at a time": f"{len(shared.probes)}, {1 + min(shared.overlaps, 1)}",
    }, [*figures.misses, *shared.misses]


def places(waves: int, seed: int) -> PartResult:
    """Fill all slots of the process with calls."""
    figures = run_places(waves, seed)
    return {
        "places taken, waiting": f"{figures.most}, {figures.waiting}",
        "served in order, gave up": f"{figures.served}, {figures.gave_up}",
        "bytes at the most, left over": f"{figures.high:,}, {figures.growth:,}",
    }, figures.misses


def run_parts(parts: Iterable[Callable[[], PartResult]]) -> list[str]:
    """Run parts, print the results of each, return all misses."""
    misses: list[str] = []
    for part in parts:
        began = time.monotonic()
        figures, missed = part()
        for what, figure in figures.items():
            print(f"{what:<34} {figure}", flush=True)
        print(f"{'':<34} {time.monotonic() - began:.0f} s", flush=True)
        misses += missed
    return misses


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    began = time.monotonic()
    misses = run_parts(
        (
            partial(killed, 20, seed),
            partial(turns, 300, seed),
            partial(machine, 8_000, seed),
            partial(schemas, 3_000, seed),
            partial(breaker, 300, seed),
            partial(places, 8, seed),
        )
    )
    print(f"{'misses':<34} {len(misses) or 'none'}")
    print(f"{'seconds':<34} {time.monotonic() - began:.0f}")
    for miss in misses[:SHOWN]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
