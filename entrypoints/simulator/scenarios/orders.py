"""Tool calls the prompt orders, round by round: for tests that say what the model shall do.

A line `CALL name [@K] [xN] [rM] [arguments]` is called N times side by side in each of M rounds, the first of them
round K, counted from 1; `#` in the arguments becomes the number of the call within its line and round. Names and
arguments are sent as they stand, however wrong. A line `SILENT` leaves the answer after the last round empty.
"""

import re
from dataclasses import dataclass

from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import task_answer, words_of
from entrypoints.simulator.scenarios.moves import Call, Finish, Say, Script

MOST_CALLS, MOST_ROUNDS = 20_000, 1000
LONGEST_QUOTE = 200
_ORDER = re.compile(
    r"^CALL (?P<name>\S+)(?: @(?P<first>\d{1,3}))?(?: x(?P<times>\d{1,5}))?(?: r(?P<rounds>\d{1,4}))?"
    r"(?: (?P<arguments>.*\S))?\s*$",
    re.MULTILINE,
)
_SILENT = re.compile(r"^SILENT\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Order:
    """One line of a prompt; rounds count from 0, `end` is the first without it."""

    name: str
    first: int
    times: int
    end: int
    arguments: str

    def calls(self) -> list[Call]:
        """Return the calls of one round."""
        return [Call(self.name, self.arguments.replace("#", str(number))) for number in range(self.times)]


def tools(ask: Ask) -> Script:
    """Make the calls of the round that is due, or quote the results after the last one."""
    prompt = ask.prompt
    if (answer := task_answer(prompt.text)) is not None:
        return (Say(words_of(answer)), Finish())
    orders = _orders(prompt.text)
    due = [] if prompt.choice == "none" or not prompt.tools else _due(orders, len(prompt.results))
    if due:
        return (*due, Finish())
    if _SILENT.search(prompt.text):
        return (Finish(),)
    quotes = " | ".join(result[:LONGEST_QUOTE] for result in prompt.results[:50])
    return (Say(words_of(f"The tools gave {len(prompt.results)} results: {quotes}")), Finish())


def _orders(text: str) -> list[Order]:
    return [_order(match) for match in _ORDER.finditer(text)]


def _order(line: re.Match[str]) -> Order:
    first = max(int(line["first"] or 1), 1) - 1
    rounds = min(int(line["rounds"] or 1), MOST_ROUNDS)
    return Order(
        line["name"], first, min(int(line["times"] or 1), MOST_CALLS), first + rounds, line["arguments"] or "{}"
    )


def _due(orders: list[Order], answered: int) -> list[Call]:
    """Return the calls of the first round that was not wholly answered; empty after the last."""
    for number in range(max((order.end for order in orders), default=0)):
        calls = [call for order in orders if order.first <= number < order.end for call in order.calls()]
        if answered < len(calls):
            return calls
        answered -= len(calls)
    return []
