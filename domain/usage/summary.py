"""The one line below an answer: time, cost, tokens."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ports.usage import Usage

_MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: `total` from request to end, `writing` from request to the last piece shown (0 = nothing)."""

    total: float
    writing: float = 0.0
    thinking: float = 0.0


def dollars(amount: Decimal) -> str:
    """Write USD with at most six decimals and no trailing zeros."""
    return f"{amount.quantize(_MICRO, ROUND_HALF_UP).normalize():f}"


def usage_line(
    usage: Usage | None, timing: Timing, *, stopped: bool = False, estimated_cost: Decimal | None = None
) -> str:
    """Join the segments people read after an answer with ` | `.

    Time with two decimals and the tokens per second when known; the cost if above zero; the tokens. After a stop
    the line says so, and the cost is "so far": known sums plus `estimated_cost` (USD) for the call cut off.
    """
    segments = ["Stopped"] if stopped else []
    segments.append(_time(usage, timing))
    cost = (usage.cost if usage is not None else None) or Decimal(0)
    if stopped and estimated_cost is not None:
        cost += estimated_cost
    if cost.quantize(_MICRO, ROUND_HALF_UP) > 0:
        about = "~" if stopped and estimated_cost else ""
        segments.append(f"Cost {'so far ' if stopped else ''}{about}${dollars(cost)}")
    if usage is not None and usage.total_tokens > 0:
        segments.append(_tokens(usage))
    return " | ".join(segments)


def thought_line(timing: Timing) -> str:
    """Say how long the model thought; empty if it did not."""
    return f"Thought for {timing.thinking:.1f} seconds" if timing.thinking > 0 else ""


def _time(usage: Usage | None, timing: Timing) -> str:
    text = f"Time: {timing.total:.2f}s"
    if usage is not None and usage.output_tokens > 0 and timing.writing > 0:
        text += f" {usage.output_tokens / timing.writing:.1f} tps"
    return text


def _tokens(usage: Usage) -> str:
    parts = [f"Input: {usage.input_tokens}", f"Output: {usage.output_tokens}"]
    if usage.cached_tokens > 0:
        parts.append(f"Cached: {usage.cached_tokens}")
    if usage.reasoning_tokens > 0:
        parts.append(f"Reasoning: {usage.reasoning_tokens}")
    return f"Total tokens: {usage.total_tokens} ({', '.join(parts)})"
