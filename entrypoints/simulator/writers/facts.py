"""The facts about a call that its writer needs, and the token counts of the frames it has written."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from entrypoints.simulator.bills import FREE, Cost, Tokens, price
from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompt_cache import UNSEEN, Seen
from entrypoints.simulator.prompts import Prompt
from entrypoints.simulator.scenarios.moves import NOTHING_TOLD, Told

PICTURE_TOKENS = 1024
GENERATION_MS = 120


@dataclass(frozen=True, slots=True)
class Facts:
    """One call: `requested` is the requested slug, `model` the slug that answers at the prices `pricing`."""

    generation_id: str
    started: datetime
    requested: str
    model: str
    provider: str
    pricing: Json
    body: Json
    prompt: Prompt
    routing_report: bool = False
    seen: Seen = UNSEEN

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        return int(self.started.timestamp())

    def routing(self, told: Told) -> Json:
        """Build the routing report, if the caller requested one."""
        if not self.routing_report:
            return {}
        endpoint = {"model": self.model, "provider": self.provider, "selected": True}
        strategy = "direct" if self.requested == self.model else "alias"
        report = {
            "attempt": 1,
            "attempts": [{"model": self.model, "provider": self.provider, "status": 200}],
            "generation_time": GENERATION_MS,
            **({"pipeline": list(told.pipeline)} if told.pipeline else {}),
            "endpoints": {"available": [endpoint], "total": 1},
            "is_byok": False,
            "region": None,
            "requested": self.requested,
            "strategy": strategy,
            "summary": f"{strategy}: {self.model} at {self.provider}",
        }
        return {"openrouter_metadata": report}


def minted(prefix: str) -> str:
    """Generate an id as upstream does if the provider sends none."""
    return f"{prefix}_{uuid4().hex[:16]}"


@dataclass(slots=True)
class Tally:
    """Tokens written so far: one per delta. `fixed` replaces the count."""

    facts: Facts
    text: int = 0
    reasoning: int = 0
    fixed: Tokens | None = None
    told: Told = NOTHING_TOLD
    finish_reason: str | None = field(default=None)

    def said(self, pieces: Sequence[str]) -> None:
        """Count deltas of text."""
        self.text += len(pieces)

    def thought(self, pieces: Sequence[str]) -> None:
        """Count deltas of thinking."""
        self.reasoning += len(pieces)

    @property
    def tokens(self) -> Tokens:
        """Return the counts so far."""
        if self.fixed is not None:
            return self.fixed
        given, seen = self.facts.prompt.input_tokens, self.facts.seen
        cached, written = int(given * seen.read), int(given * seen.written)
        return Tokens(given, self.text + self.reasoning, self.reasoning, cached, written)

    @property
    def cost(self) -> Cost:
        """Return the cost so far; an empty answer is free."""
        tokens = self.tokens
        priced = price(tokens, self.facts.pricing, self.facts.started) if tokens.output else FREE
        return priced if self.told.tools_cost is None else replace(priced, tools=self.told.tools_cost)

    @property
    def last_fields(self) -> Json:
        """Return what only the last event has, besides the usage."""
        return {**self.told.fields, **self.facts.routing(self.told)}
