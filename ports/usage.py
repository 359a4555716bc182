"""What one upstream call consumed, in the units upstream bills; and how long a turn took."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money of one call, or of several calls added up.

    `cached_tokens` and `cache_write_tokens` are part of `input_tokens`, `reasoning_tokens` of `output_tokens`.
    `cost` is USD charged by OpenRouter, None when not reported; with `is_byok` it is OpenRouter's fee only, and
    `upstream_cost` is the provider's price. Source: OpenRouter API reference, usage accounting.
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


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: `total` from request to end, `writing` from request to the last piece shown (0 = nothing)."""

    total: float
    writing: float = 0.0
    thinking: float = 0.0
