"""Turn the facts of attempts and ended turns into metrics, and each turn into a span. No texts, no ids of people."""

from dataclasses import dataclass

from domain.services.measured import (
    ATTEMPTS,
    COST,
    FIRST_OUTPUT,
    OTHER,
    RETRIES,
    TOKENS,
    TURN_SECONDS,
    TURNS,
    WAITED,
)
from domain.turn.steps import AttemptEnded, End
from ports.catalog import Model
from ports.metrics import Metrics
from ports.spans import Attribute, Span, Spans
from ports.usage import Usage

SPAN = "openrouter_pipe.turn"
PROVIDER = "openrouter"


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """What settlement knows of an ended turn: of whom (`caller`, a kind), and the `model` in the catalog.

    `waited`: seconds in line and in preparation. `called`: the model that was called last, and did the work.
    """

    caller: str
    model: Model | None
    end: End
    waited: float = 0.0
    called: Model | None = None


class MeasureTurns:
    """The use case. Nothing is done per word: once per attempt, and once per turn."""

    def __init__(self, metrics: Metrics, spans: Spans) -> None:
        self._metrics, self._spans = metrics, spans

    def attempt(self, model: Model | None, attempt: AttemptEnded) -> None:
        """Count one attempt of a turn, and its cost; `model` is the one it called."""
        if not self._metrics.wanted:
            return
        self._metrics.count(ATTEMPTS, (_name(model), attempt.endpoint, attempt.outcome.ending.value))
        price = attempt.price
        if price is not None and price.paid.total:
            source = "billed" if price.is_exact else "estimated"
            self._metrics.count(COST, (_name(model), source), price.paid.total)

    def ended(self, turn: EndedTurn) -> None:
        """Count one turn, and report its span."""
        if not self._metrics.wanted:
            return
        end, metrics, model = turn.end, self._metrics, _name(turn.model)
        fault = end.fault.kind.value if end.fault is not None else ""
        metrics.count(TURNS, (turn.caller, model, end.reason.value, fault))
        metrics.observe(TURN_SECONDS, end.timing.total, (turn.caller, model))
        metrics.observe(WAITED, turn.waited, (turn.caller,))
        if end.timing.first is not None:
            metrics.observe(FIRST_OUTPUT, end.timing.first, (turn.caller, model))
        if end.usage is not None:
            for kind, tokens in _tokens(end.usage):
                metrics.count(TOKENS, (_name(turn.called), kind), tokens)
        if end.retries:
            metrics.count(RETRIES, (model,), end.retries)
        self._spans.ended(_span(turn, model, fault))


def _name(model: Model | None) -> str:
    return OTHER if model is None else model.id


def _tokens(usage: Usage) -> tuple[tuple[str, int], ...]:
    return tuple(
        (kind, tokens)
        for kind, tokens in (
            ("input", usage.input_tokens),
            ("cached", usage.cached_tokens),
            ("cache_write", usage.cache_write_tokens),
            ("output", usage.output_tokens),
            ("reasoning", usage.reasoning_tokens),
        )
        if tokens
    )


def _span(turn: EndedTurn, model: str, fault: str) -> Span:
    """Return the span of a turn; names as in OpenTelemetry's conventions for generative AI, where they have one."""
    end, usage = turn.end, turn.end.usage or Usage()
    attributes: dict[str, Attribute] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "openrouter_pipe.error_id": end.error_id,
        "openrouter_pipe.caller": turn.caller,
        "openrouter_pipe.outcome": end.reason.value,
        "openrouter_pipe.endpoint": end.endpoint,
        "openrouter_pipe.attempts": end.attempts,
        "openrouter_pipe.retries": end.retries,
        "openrouter_pipe.tool_calls": end.calls,
        "openrouter_pipe.failed_tool_calls": end.failed_calls,
        "openrouter_pipe.wait_seconds": turn.waited,
    }
    if end.paid.is_known:
        attributes["openrouter_pipe.cost_usd"] = end.paid.total
    if end.timing.first is not None:
        attributes["openrouter_pipe.first_output_seconds"] = end.timing.first
    return Span(SPAN, end.timing.total, attributes, fault)
