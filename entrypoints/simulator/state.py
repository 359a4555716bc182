"""The state of one simulated OpenRouter: its models, keys, bills and the requests it has seen."""

from collections import Counter

from entrypoints.simulator.bills import Bills
from entrypoints.simulator.catalog import Catalog
from entrypoints.simulator.records import RecordLog, RequestRecord
from entrypoints.simulator.scenarios.registry import casting

DEFAULT_KEYS = frozenset({"sk-or-v1-simulator"})
GENERATION_DELAY = 0.25
"""Seconds before a bill can be fetched."""


class Simulator:
    """One simulated OpenRouter; `url` is its base URL."""

    def __init__(self, keys: frozenset[str] = DEFAULT_KEYS, generation_delay: float = GENERATION_DELAY) -> None:
        self.url = ""
        self.stopping = False
        self.keys = keys
        self.catalog = Catalog()
        self.bills = Bills(generation_delay)
        self.log = RecordLog()
        self._overrides: dict[str, str] = {}
        self._attempts: Counter[tuple[str, str]] = Counter()

    @property
    def records(self) -> list[RequestRecord]:
        """List the requests so far, oldest first; the records themselves are live."""
        return self.log.snapshot()

    def set_override(self, model: str, scenario: str | None) -> None:
        """Let catalog model `model` play `sim/...` from now on; None lets it be itself again.

        Raises ValueError for a scenario that does not exist. Safe to call from another thread.
        """
        if scenario is None:
            self._overrides.pop(model, None)
            return
        if casting(scenario) is None:
            raise ValueError(f"{scenario} is no scenario")
        self._overrides[model] = scenario

    def scenario_of(self, model: str) -> str:
        """Tell which slug decides what `model` does."""
        return self._overrides.get(model, model)

    def count_attempt(self, model: str, scenario: str) -> int:
        """Count a call; the first is 1."""
        self._attempts[model, scenario] += 1
        return self._attempts[model, scenario]
