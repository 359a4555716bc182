"""Tool calls the prompt orders, round by round: for tests that say what the model shall do.

A line `CALL name [@K] [xN] [rM] [arguments]` is called N times side by side in each of M rounds, the first of them
round K, counted from 1; `#` in the arguments becomes the number of the call within its line and round. Names and
arguments are sent as they stand, however wrong. A line `SILENT` leaves the answer after the last round empty. A line
`FAIL [@K]` lets round K fail once its calls, or some words, have been said.
"""

import re
from dataclasses import dataclass

from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import task_answer, words_of
from entrypoints.simulator.scenarios.moves import Call, Fail, Finish, Say, Script, Think

MOST_CALLS, MOST_ROUNDS = 20_000, 1000
LONGEST_QUOTE = 200
_ORDER = re.compile(
    r"^CALL (?P<name>\S+)(?: @(?P<first>\d{1,3}))?(?: x(?P<times>\d{1,5}))?(?: r(?P<rounds>\d{1,4}))?"
    r"(?: (?P<arguments>.*\S))?\s*$",
    re.MULTILINE,
)
_FAIL = re.compile(r"^FAIL(?: @(?P<round>\d{1,3}))?\s*$", re.MULTILINE)
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
    number, due = (0, []) if prompt.choice == "none" or not prompt.tools else _due(orders, len(prompt.results))
    if any(int(line["round"] or 1) == number for line in _FAIL.finditer(prompt.text)):
        return (*(due or (Say(words_of("This is"), closes=False),)), Fail("The provider stopped answering."))
    if due:
        return (*due, Finish())
    if _SILENT.search(prompt.text):
        return (Finish(),)
    quotes = " | ".join(result[:LONGEST_QUOTE] for result in prompt.results[:50])
    return (Say(words_of(f"The tools gave {len(prompt.results)} results: {quotes}")), Finish())


def thoughtful_tools(ask: Ask) -> Script:
    """Do the same, and think before each round and the answer."""
    return (Think(words_of(f"There are {len(ask.prompt.results)} results so far.")), *tools(ask))


def _orders(text: str) -> list[Order]:
    return [_order(match) for match in _ORDER.finditer(text)]


def _order(line: re.Match[str]) -> Order:
    first = max(int(line["first"] or 1), 1) - 1
    rounds = min(int(line["rounds"] or 1), MOST_ROUNDS)
    return Order(
        line["name"], first, min(int(line["times"] or 1), MOST_CALLS), first + rounds, line["arguments"] or "{}"
    )


def _due(orders: list[Order], answered: int) -> tuple[int, list[Call]]:
    """Return the first round that was not wholly answered, from 1, and its calls; after the last there are none."""
    end = max((order.end for order in orders), default=0)
    for number in range(end):
        calls = [call for order in orders if order.first <= number < order.end for call in order.calls()]
        if answered < len(calls):
            return number + 1, calls
        answered -= len(calls)
    return end + 1, []
