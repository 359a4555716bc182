"""What upstream calls consumed, in the units upstream bills; what they cost; and how long a turn took."""

from dataclasses import dataclass
from decimal import Context, Decimal

EXACT = Context(prec=100)
"""Sums of money are made in this context, so that none is rounded."""
SERVER_TOOL_COST = "server_tool_cost"
"""Upstream's name for the metered part of the cost that server tools caused."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money of one call, or of several calls added up.

    `cached_tokens` and `cache_write_tokens` are part of `input_tokens`, `reasoning_tokens` of `output_tokens`.
    `cost` is USD charged by OpenRouter, None when not reported. With `is_byok` (own keys) it is OpenRouter's fee only,
    and `upstream_cost` is what the provider charges beside it; None otherwise. `cost_details`: the parts of the price
    in USD as upstream names them, all of them inside the total. `server_tools` counts what the tools that upstream runs
    did, as upstream names it; its numbers overlap and are not added to each other. `latest_input` and `latest_output`:
    the tokens of the latest call, None if these are all. Source: OpenRouter API reference, usage accounting.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal | None = None
    upstream_cost: Decimal | None = None
    is_byok: bool = False
    cost_details: tuple[tuple[str, Decimal], ...] = ()
    latest_input: int | None = None
    latest_output: int | None = None
    server_tools: tuple[tuple[str, int], ...] = ()

    @property
    def prompt_tokens(self) -> int:
        """The input tokens of the latest call."""
        return self.input_tokens if self.latest_input is None else self.latest_input

    @property
    def completion_tokens(self) -> int:
        """The output tokens of the latest call."""
        return self.output_tokens if self.latest_output is None else self.latest_output

    @property
    def server_tool_cost(self) -> Decimal | None:
        """The part of the cost, in USD, that tools which upstream runs caused; None if none was metered."""
        return dict(self.cost_details).get(SERVER_TOOL_COST)


@dataclass(frozen=True, slots=True)
class Paid:
    """What attempts cost in USD, added up exactly: `cost` is charged by OpenRouter, `upstream_cost` by the providers
    beside it (own keys).

    `estimated` is the part of both for which upstream has sent no figure. `unknown` counts the attempts whose cost
    nobody knows; they are not in the sum.
    """

    cost: Decimal = Decimal(0)
    upstream_cost: Decimal = Decimal(0)
    estimated: Decimal = Decimal(0)
    unknown: int = 0

    @property
    def total(self) -> Decimal:
        """What is paid in all, as far as it is known."""
        return EXACT.add(self.cost, self.upstream_cost)

    @property
    def is_known(self) -> bool:
        """Return whether the total says anything: at least a part of it is known."""
        return self.total > 0 or not self.unknown

    @property
    def is_exact(self) -> bool:
        """Return whether nothing of it is estimated or unknown."""
        return not self.estimated and not self.unknown

    def __add__(self, more: "Paid") -> "Paid":
        return Paid(
            EXACT.add(self.cost, more.cost),
            EXACT.add(self.upstream_cost, more.upstream_cost),
            EXACT.add(self.estimated, more.estimated),
            self.unknown + more.unknown,
        )


NOT_PAID = Paid()


@dataclass(frozen=True, slots=True)
class SpentSoFar:
    """What a person has paid, this turn included: for the chat, and in the month; None if nobody asked for it, or if it
    was not known in time.
    """

    chat: Paid | None = None
    month: Paid | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: `total` from request to end, `writing` from request to the last piece shown (0 = nothing).

    `first`: from request to the first output shown, be it text, thinking, a tool or a picture; None for nothing.
    """

    total: float
    writing: float = 0.0
    thinking: float = 0.0
    first: float | None = None
