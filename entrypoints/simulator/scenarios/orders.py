"""Tool calls that the prompt orders, round by round, so that a test decides what the model calls.

A line `CALL name [@K] [xN] [rM] [arguments]` makes N calls in each of M rounds, beginning with round K (from 1); `#` in
the arguments is replaced by the number of the call within its line and round. Names and arguments are sent unchecked.
A line `REFUSE status [@K] [xN]` refuses the first N requests (one by default) of round K with this HTTP status. A
line `SILENT` makes the answer after the last round empty. A line `FAIL [@K]` makes round K fail after its calls, or
after some words if it has none.
"""

import re
from dataclasses import dataclass

from entrypoints.simulator.answers import Answer
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.echoes import task_answer, words_of
from entrypoints.simulator.scenarios.faults import http_error
from entrypoints.simulator.scenarios.moves import Call, Fail, Finish, Say, Script, Think

MOST_CALLS, MOST_ROUNDS = 20_000, 1000
LONGEST_QUOTE = 200
_ORDER = re.compile(
    r"^CALL (?P<name>\S+)(?: @(?P<first>\d{1,3}))?(?: x(?P<times>\d{1,5}))?(?: r(?P<rounds>\d{1,4}))?"
    r"(?: (?P<arguments>.*\S))?\s*$",
    re.MULTILINE,
)
_FAIL = re.compile(r"^FAIL(?: @(?P<round>\d{1,3}))?\s*$", re.MULTILINE)
_REFUSE = re.compile(r"^REFUSE (?P<status>[45]\d\d)(?: @(?P<round>\d{1,3}))?(?: x(?P<times>\d))?\s*$", re.MULTILINE)
_SILENT = re.compile(r"^SILENT\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Order:
    """One `CALL` line of a prompt: in rounds `first` to `end` - 1, counted from 0, it makes `times` calls."""

    name: str
    first: int
    times: int
    end: int
    arguments: str

    def calls(self) -> list[Call]:
        """Return the calls of one round."""
        return [Call(self.name, self.arguments.replace("#", str(number))) for number in range(self.times)]


def tools(ask: Ask) -> Script | Answer:
    """Make the calls of the next round; after the last round, quote the results."""
    prompt = ask.prompt
    if (answer := task_answer(prompt.text)) is not None:
        return (Say(words_of(answer)), Finish())
    orders = _orders(prompt.text)
    number, due = (0, []) if prompt.choice == "none" or not prompt.tools else _due(orders, len(prompt.results))
    for line in _REFUSE.finditer(prompt.text):
        if int(line["round"] or 1) == number and ask.repeated <= int(line["times"] or 1):
            return http_error(ask, int(line["status"]), "", None)
    if any(int(line["round"] or 1) == number for line in _FAIL.finditer(prompt.text)):
        return (*(due or (Say(words_of("This is"), closes=False),)), Fail("The provider stopped answering."))
    if due:
        return (*due, Finish())
    if _SILENT.search(prompt.text):
        return (Finish(),)
    quotes = " | ".join(result[:LONGEST_QUOTE] for result in prompt.results[:50])
    return (Say(words_of(f"The tools gave {len(prompt.results)} results: {quotes}")), Finish())


def are_ordered(text: str) -> bool:
    """Return whether a prompt orders calls; every model of the catalog that takes tools obeys."""
    return _ORDER.search(text) is not None


def thoughtful_tools(ask: Ask) -> Script | Answer:
    """Do the same as `tools`, and think before each round and before the answer."""
    ordered = tools(ask)
    if isinstance(ordered, Answer):
        return ordered
    return (Think(words_of(f"There are {len(ask.prompt.results)} results so far.")), *ordered)


def leaked_tools(ask: Ask) -> Script | Answer:
    """Do the same as `tools`, and write the calls into the text, as a server does that fails to recognise them."""
    ordered = tools(ask)
    if isinstance(ordered, Answer) or not any(isinstance(move, Call) for move in ordered):
        return ordered
    calls = [move for move in ordered if isinstance(move, Call)]
    forms = [f'<tool_call>\n{{"name": "{one.name}", "arguments": {one.arguments}}}\n</tool_call>' for one in calls]
    return (Say(words_of("\n".join(["I will use my tools.", *forms]))), Finish())


def _orders(text: str) -> list[Order]:
    return [_order(match) for match in _ORDER.finditer(text)]


def _order(line: re.Match[str]) -> Order:
    first = max(int(line["first"] or 1), 1) - 1
    rounds = min(int(line["rounds"] or 1), MOST_ROUNDS)
    return Order(
        line["name"], first, min(int(line["times"] or 1), MOST_CALLS), first + rounds, line["arguments"] or "{}"
    )


def _due(orders: list[Order], answered: int) -> tuple[int, list[Call]]:
    """Return the number, from 1, of the first round without all its outputs, and its calls; no calls after the last."""
    end = max((order.end for order in orders), default=0)
    for number in range(end):
        calls = [call for order in orders if order.first <= number < order.end for call in order.calls()]
        if answered < len(calls):
            return number + 1, calls
        answered -= len(calls)
    return end + 1, []
