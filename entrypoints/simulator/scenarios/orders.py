"""Tool calls the prompt orders, round by round: for tests that say what the model shall do.

A line `CALL name [xN] [rM] [arguments]` is called N times side by side in each of the first M rounds; `#` in the
arguments becomes the number of the call within its line and round. Names and arguments are sent as they stand, however
wrong. A line `SILENT` leaves the answer after the last round empty.
"""

import re
from dataclasses import dataclass

from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import task_answer, words_of
from entrypoints.simulator.scenarios.moves import Call, Finish, Say, Script

MOST_CALLS, MOST_ROUNDS = 20_000, 1000
LONGEST_QUOTE = 200
_ORDER = re.compile(
    r"^CALL (?P<name>\S+)(?: x(?P<times>\d{1,5}))?(?: r(?P<rounds>\d{1,4}))?(?: (?P<arguments>.*\S))?\s*$", re.MULTILINE
)
_SILENT = re.compile(r"^SILENT\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Order:
    """One line of a prompt."""

    name: str
    times: int
    rounds: int
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
    found = (match.groupdict() for match in _ORDER.finditer(text))
    return [
        Order(
            str(values["name"]),
            min(int(values["times"] or 1), MOST_CALLS),
            min(int(values["rounds"] or 1), MOST_ROUNDS),
            values["arguments"] or "{}",
        )
        for values in found
    ]


def _due(orders: list[Order], answered: int) -> list[Call]:
    """Return the calls of the first round that was not wholly answered; empty after the last."""
    for number in range(max((order.rounds for order in orders), default=0)):
        calls = [call for order in orders if number < order.rounds for call in order.calls()]
        if answered < len(calls):
            return calls
        answered -= len(calls)
    return []
