"""What one upstream call consumed, in the units upstream bills; and how long a turn took."""

from dataclasses import dataclass
from decimal import Decimal

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

    @property
    def total_cost(self) -> Decimal | None:
        """What is paid in all, in USD: OpenRouter's charge, and with own keys the provider's; None if unknown."""
        if self.cost is None or self.upstream_cost is None:
            return self.upstream_cost if self.cost is None else self.cost
        return self.cost + self.upstream_cost


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: `total` from request to end, `writing` from request to the last piece shown (0 = nothing).

    `first`: from request to the first output shown, be it text, thinking, a tool or a picture; None for nothing.
    """

    total: float
    writing: float = 0.0
    thinking: float = 0.0
    first: float | None = None
