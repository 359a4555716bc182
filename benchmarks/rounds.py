"""Alternating rounds: drift of the machine affects both sides equally."""

import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from typing import TypeVar

from benchmarks.report import Broken, Line, difference

OURS, BARE = "openrouter", "bare"
"""Function ids in the host, and the names of the two sides everywhere."""

Measured = TypeVar("Measured")
Samples = dict[str, list[Measured]]


async def alternating(rounds: int, measure: Callable[[str], Awaitable[Measured]]) -> Samples[Measured]:
    """Measure both sides `rounds` times; the order alternates with every round."""
    samples: Samples[Measured] = {OURS: [], BARE: []}
    for number in range(rounds):
        for side in (OURS, BARE) if number % 2 == 0 else (BARE, OURS):
            samples[side].append(await measure(side))
    return samples


def medians(samples: Samples[Measured], figure: Callable[[Measured], float]) -> tuple[float, float]:
    """Return the medians of one figure, ours first."""
    return median(map(figure, samples[OURS])), median(map(figure, samples[BARE]))


def compared(
    what: str, samples: Samples[Measured], figure: Callable[[Measured], float], at_most: float | None = None
) -> Line:
    """Compare one figure in ms: both medians, and the median of the differences within the rounds.

    The machine may be twice as slow in one round as in the next; within a round the conditions are the same for both.
    """
    more = median(figure(ours) - figure(bare) for ours, bare in zip(samples[OURS], samples[BARE], strict=True))
    return difference(what, *medians(samples, figure), "ms", at_most, more=more)


def check_words(text: str, count: int, whose: str) -> None:
    """Raise Broken unless `text` is `w0 w1 …` up to `count` words."""
    words = text.split()
    wrong = next((place for place, word in enumerate(words) if word != f"w{place}"), None)
    if wrong is not None:
        raise Broken(f"{whose}: word {wrong} of {count} is {words[wrong][:40]!r}")
    if len(words) != count:
        raise Broken(f"{whose}: {len(words)} words of {count}")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its threads so far, including ended threads (Linux)."""
    return time.clock_gettime((~pid << 3) | 2)


def longest(gaps: Sequence[tuple[float, float]], since: float, until: float) -> float:
    """Return the longest gap (s) that ended within the given span of `perf_counter` time."""
    return max((length for end, length in gaps if since <= end <= until + length), default=0.0)
