"""What upstream says about an answer beside its words: who answered, by which way, and what its checks found.

Names and counts only, bounded: no text of a prompt, an answer or a verdict's explanation. Source: OpenRouter API
reference and the SDK's models of a response and its routing report.
"""

from dataclasses import dataclass
from decimal import Decimal

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RoutedAttempt:
    """One endpoint that upstream tried; `status` is its HTTP status, 0 if unknown."""

    provider: str
    model: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """One stage of upstream's pipeline, such as a guardrail or a plugin; `cost` is USD, None if not reported.

    The stage's cost is for the record: upstream's total already contains it.
    """

    kind: str
    name: str
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RoutingReport:
    """How upstream routed a call: `attempt` is the number of the endpoint that answered, of `endpoints` possible ones.

    `generation_ms` is what the generation took by upstream's clock, 0 if unknown.
    """

    requested: str = ""
    strategy: str = ""
    region: str = ""
    attempt: int = 0
    endpoints: int = 0
    generation_ms: int = 0
    attempts: tuple[RoutedAttempt, ...] = ()
    stages: tuple[PipelineStage, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """The facts about one answer, or about the answers of several calls.

    `provider` answered, on `service_tier`; empty if upstream did not say. `alignment` and `safeguards` count the
    verdicts of upstream's checks by their outcome (`allowed`, `blocked`, `flagged`, `unavailable` ...).
    """

    provider: str = ""
    service_tier: str = ""
    is_byok: bool = False
    routing: RoutingReport | None = None
    alignment: Counts = ()
    safeguards: Counts = ()
