"""Validates tool arguments against a schema, in a bounded number of steps and of time."""

import json
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from time import monotonic, sleep
from typing import Any

from adapters.json_schema.assertions import Violation
from adapters.json_schema.keywords import CircularReference, Judging
from adapters.json_schema.references import References
from adapters.json_schema.shape import NoSchema, examine, modern
from adapters.json_schema.values import shown
from ports.json_values import JsonObject
from ports.telemetry import Telemetry
from ports.work_budget import BudgetSpent, WorkBudget

KEPT = 256
KEPT_CHARACTERS = 4 * 1024 * 1024
LARGEST, DEEPEST, MOST_PARTS = 1024 * 1024, 100, 100_000
"""Characters, levels and parts of a schema; one that has more is not read."""
STEPS, SECONDS = 200_000, 0.5
"""What one check may take."""
PAUSE_AFTER, PAUSE = 20, 0.00005
"""Looks at the clock after which a check lets other threads run at each, and for how many seconds."""
LONGEST = 300
Validator = Callable[[JsonObject, WorkBudget], Violation | None]
_REASONS = {
    BudgetSpent: "too many steps or too slow",
    RecursionError: "nested too deep",
    CircularReference: "circular references",
}


class JsonSchemaChecker:
    """Implements Checker. Nothing is fetched; of the newest schemas, 256 and 4 MiB at the most, the work is kept.

    Any thread. An unusable schema (malformed, references that do not resolve) accepts everything, and so does a check
    that takes too many steps or too long, or that circular references leave undecided: the tool itself validates its
    arguments. Such checks are logged. A pattern that cannot be judged is left out.
    """

    def __init__(
        self, telemetry: Telemetry | None = None, *, steps: int = STEPS, clock: Callable[[], float] = monotonic
    ) -> None:
        self._telemetry, self._steps, self._clock = telemetry, steps, clock
        self._validators: OrderedDict[bytes, tuple[int, Validator | None]] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def __call__(self, schema: JsonObject, arguments: JsonObject) -> str:
        """Return a one-line error if the arguments violate the schema, otherwise ""."""
        budget = WorkBudget(self._steps, _Brake(self._clock, self._clock() + SECONDS))
        try:
            validator = self._validator(schema, budget)
            return "" if validator is None else _one_line(validator(arguments, budget))
        except (BudgetSpent, RecursionError, CircularReference) as undecided:
            if self._telemetry is not None:
                self._telemetry.event("warning", "tool_arguments_unchecked", reason=_REASONS[type(undecided)])
            return ""
        except (NoSchema, ValueError, OverflowError):  # a reference that leads nowhere, a number too long to compare
            return ""

    def _validator(self, schema: JsonObject, budget: WorkBudget) -> "Validator | None":
        _bounded(schema, budget)
        try:
            text = json.dumps(schema)
        except (TypeError, ValueError):
            return None
        key = sha256(text.encode()).digest()
        with self._lock:
            if key in self._validators:
                self._validators.move_to_end(key)
                return self._validators[key][1]
        made = _made(text, budget)
        with self._lock:
            if key not in self._validators:
                self._validators[key] = len(text), made
                self._characters += len(text)
            while len(self._validators) > KEPT or self._characters > KEPT_CHARACTERS:
                self._characters -= self._validators.popitem(last=False)[1][0]
        return made


class _Brake:
    """Tells whether the time of a check is over; a long one gives way to the event loop at every look.

    Without that, whatever the loop does in between costs it 5 ms: the interpreter switches threads no sooner.
    """

    def __init__(self, clock: Callable[[], float], until: float) -> None:
        self._clock, self._until, self._looks = clock, until, 0

    def __call__(self) -> bool:
        self._looks += 1
        if self._looks > PAUSE_AFTER:
            sleep(PAUSE)
        return self._clock() > self._until


def _bounded(schema: JsonObject, budget: WorkBudget) -> None:
    """Walk a schema once, without recursion. Raises BudgetSpent if it is too large or too deep to be read."""
    waiting: list[tuple[Any, int]] = [(schema, 1)]
    characters = parts = 0
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, dict | list) and len(node) > MOST_PARTS:
            raise BudgetSpent
        if isinstance(node, str):
            characters += len(node)
        elif isinstance(node, dict):
            characters += sum(len(key) for key in node if isinstance(key, str))
            waiting += [(part, depth + 1) for part in node.values()]
        elif isinstance(node, list):
            waiting += [(part, depth + 1) for part in node]
        parts += 1
        if characters > LARGEST or depth > DEEPEST or parts + len(waiting) > MOST_PARTS:
            raise BudgetSpent
        if parts % 64 == 0:  # while walking: the clock is a brake here too
            budget.spend(8)


def _made(text: str, budget: WorkBudget) -> "Validator | None":
    """Return what judges by the schema of a text: a copy that nobody else can change."""
    root = json.loads(text)
    modern(root, budget)
    try:
        inside = examine(root, budget)
    except NoSchema:
        return None
    references, listed = References(root, inside), dict[int, frozenset[str]]()
    return lambda arguments, budget: Judging(references, listed, budget).violation(root, arguments)


def _one_line(error: Violation | None) -> str:
    if error is None:
        return ""
    path = "/".join(shown_step(step) for step in error.path)
    line = " ".join((f"{path}: {error.message}" if path else error.message).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}\u2026"


def shown_step(step: object) -> str:
    """Return one step of a path: the name of a property, or a place in a list."""
    return str(step)[:LONGEST] if isinstance(step, str) else shown(step)
