"""What a writer must know of the call, and the count of what it has written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from entrypoints.simulator.bills import FREE, Cost, Tokens, price
from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompts import Prompt

PICTURE_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Facts:
    """One call: `requested` is the slug asked for, `model` the one that answers at `pricing`."""

    generation_id: str
    started: datetime
    requested: str
    model: str
    provider: str
    pricing: Json
    body: Json
    prompt: Prompt
    routing_report: bool = False

    @property
    def created_at(self) -> int:
        """Unix seconds."""
        return int(self.started.timestamp())

    def routing(self) -> Json:
        """Shape the routing report, where the caller asked for one."""
        if not self.routing_report:
            return {}
        endpoint = {"model": self.model, "provider": self.provider, "selected": True}
        strategy = "direct" if self.requested == self.model else "alias"
        report = {
            "attempt": 1,
            "endpoints": {"available": [endpoint], "total": 1},
            "is_byok": False,
            "region": None,
            "requested": self.requested,
            "strategy": strategy,
            "summary": f"{strategy}: {self.model} at {self.provider}",
        }
        return {"openrouter_metadata": report}


def minted(prefix: str) -> str:
    """Make an id upstream gives where the host has none."""
    return f"{prefix}_{uuid4().hex[:16]}"


@dataclass(slots=True)
class Tally:
    """Tokens written so far: one per delta. `fixed` replaces the count."""

    facts: Facts
    text: int = 0
    reasoning: int = 0
    fixed: Tokens | None = None
    finish_reason: str | None = field(default=None)

    def said(self, pieces: Sequence[str]) -> None:
        """Count deltas of the answer."""
        self.text += len(pieces)

    def thought(self, pieces: Sequence[str]) -> None:
        """Count deltas of thinking."""
        self.reasoning += len(pieces)

    @property
    def tokens(self) -> Tokens:
        """Tell the counts so far."""
        if self.fixed is not None:
            return self.fixed
        return Tokens(self.facts.prompt.input_tokens, self.text + self.reasoning, self.reasoning)

    @property
    def cost(self) -> Cost:
        """Price the counts so far; an answer with nothing in it is free."""
        tokens = self.tokens
        return price(tokens, self.facts.pricing, self.facts.started) if tokens.output else FREE
