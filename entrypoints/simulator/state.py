"""The state of one simulated OpenRouter: its models, keys with limits, bills, and records of requests."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

from entrypoints.simulator.account import Allowed
from entrypoints.simulator.bills import Bills
from entrypoints.simulator.catalog import Catalog
from entrypoints.simulator.prompt_cache import PromptCache
from entrypoints.simulator.prompts import Prompt
from entrypoints.simulator.records import RecordLog, RequestRecord
from entrypoints.simulator.scenarios.registry import casting

DEFAULT_KEYS = frozenset({"sk-or-v1-simulator"})
MANAGEMENT_KEYS = frozenset({"sk-or-v1-management"})
GENERATION_DELAY = 0.25
"""Seconds from the end of a call until its bill appears."""


class Simulator:
    """One simulated OpenRouter; `url` is its base URL."""

    def __init__(self, keys: frozenset[str] = DEFAULT_KEYS, generation_delay: float = GENERATION_DELAY) -> None:
        self.url = ""
        self.stopping = False
        self.keys, self.management_keys, self.allowed = keys, MANAGEMENT_KEYS, Allowed()
        self.today: Callable[[], date] = lambda: datetime.now(UTC).date()
        self.catalog = Catalog()
        self.bills = Bills(generation_delay)
        self.prompt_cache = PromptCache()
        self.log = RecordLog()
        self._overrides: dict[str, str] = {}
        self._counted: Counter[tuple[str, str] | int] = Counter()  # attempts by model and scenario, rounds by hash

    @property
    def records(self) -> list[RequestRecord]:
        """Return the records so far, oldest first; records of running requests still change."""
        return self.log.snapshot()

    def set_override(self, model: str, scenario: str | None) -> None:
        """Make catalog model `model` play the scenario `sim/...` from now on; None removes the override.

        Raises ValueError if the scenario does not exist. Safe to call from another thread.
        """
        if scenario is None:
            self._overrides.pop(model, None)
            return
        if casting(scenario) is None:
            raise ValueError(f"{scenario} is not a scenario")
        self._overrides[model] = scenario

    def scenario_of(self, model: str) -> str:
        """Return the slug of the scenario that `model` plays."""
        return self._overrides.get(model, model)

    def count_attempt(self, model: str, scenario: str) -> int:
        """Count a call and return its number, from 1."""
        self._counted[model, scenario] += 1
        return self._counted[model, scenario]

    def count_round(self, model: str, prompt: Prompt) -> int:
        """Count a call of `model` with these words and results and return its number, from 1."""
        key = hash((model, prompt.text, prompt.results))
        self._counted[key] += 1
        return self._counted[key]
