"""The closing line of an answer: how it ended, time, cost, tokens."""

from decimal import ROUND_HALF_UP, Decimal

from domain.turn.steps import End, Reason
from entrypoints.sentences.media import media_words
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from ports.notices import TurnStopped
from ports.usage import Timing, Usage

_MICRO = Decimal("0.000001")
_STOPPED = "Stopped"
_FASTEST_TOLD = 1.0
"""Seconds of writing below which no speed is shown: it would say more about the network than about the model."""
_NOTES = {
    Reason.LENGTH: "Cut off at the output limit; press Continue to read on",
    Reason.CONTENT_FILTER: "Cut off by the provider's content filter",
    Reason.FAULT: "Failed",
}


def closing_line(
    end: End, *, show_usage: bool, estimated_cost: Decimal | None = None, labels: UsageLabels = WORDS
) -> str:
    """Return how a turn ended that was not stopped, with usage or else the time of reasoning. May be empty.

    Pages show only the last line of an answer that has ended, so it repeats which media were not sent.
    `estimated_cost`: USD for earlier calls of the same answer whose bill never came.
    """
    shown = usage_line(end.usage, end.timing, estimated_cost=estimated_cost, labels=labels) if show_usage else ""
    line = shown or thought_line(end.timing)
    left_out = media_words(end.left_out) if end.left_out is not None else ""
    return " | ".join(part for part in (_NOTES.get(end.reason, ""), left_out, line) if part)


def stopped_line(stop: TurnStopped, *, show_usage: bool, labels: UsageLabels = WORDS) -> str:
    """Return that a turn was stopped; `show_usage`: add what it used so far."""
    if not show_usage:
        return _STOPPED
    return usage_line(stop.usage, stop.timing, stopped=True, estimated_cost=stop.estimated_cost, labels=labels)


def dollars(amount: Decimal) -> str:
    """Format USD with at most six decimals and without trailing zeros."""
    return f"{amount.quantize(_MICRO, ROUND_HALF_UP).normalize():f}"


def usage_line(
    usage: Usage | None,
    timing: Timing,
    *,
    stopped: bool = False,
    estimated_cost: Decimal | None = None,
    labels: UsageLabels = WORDS,
) -> str:
    """Join the parts of the closing line of an answer with ` | `.

    The parts are the time with two decimals and, from a second of writing on, the tokens per second; the cost if above
    zero, with the part of it that upstream's tools caused; the tokens.
    After a stop the line says so, with the cost "so far". `estimated_cost` (USD) for interrupted calls is part of the
    cost, which is then marked `~`.
    """
    segments = [_STOPPED] if stopped else []
    segments.append(f"{labels.time}{_time(usage, timing)}")
    cost = (usage.total_cost if usage is not None else None) or Decimal(0)
    cost += estimated_cost or Decimal(0)
    if cost.quantize(_MICRO, ROUND_HALF_UP) > 0:
        about = "~" if estimated_cost else ""
        so_far = labels.so_far if stopped else ""
        segments.append(f"{labels.cost}{so_far}{about}${dollars(cost)}{_of_tools(usage)}")
    if usage is not None and usage.total_tokens > 0:
        segments.append(_tokens(usage, labels))
    return " | ".join(segments)


def _of_tools(usage: Usage | None) -> str:
    """Name the part of the cost that upstream's own tools caused, if it shows."""
    amount = (usage.server_tool_cost if usage is not None else None) or Decimal(0)
    return f" (tools: ${dollars(amount)})" if amount.quantize(_MICRO, ROUND_HALF_UP) > 0 else ""


def thought_line(timing: Timing) -> str:
    """Return how long the model reasoned; empty if it did not."""
    return f"Thought for {timing.thinking:.1f} seconds" if timing.thinking > 0 else ""


def _time(usage: Usage | None, timing: Timing) -> str:
    text = f"{timing.total:.2f}s"
    if usage is not None and usage.output_tokens > 0 and timing.writing >= _FASTEST_TOLD:
        text += f" {usage.output_tokens / timing.writing:.1f} tps"
    return text


def _tokens(usage: Usage, labels: UsageLabels) -> str:
    parts = [f"{labels.input}{usage.input_tokens}", f"{labels.output}{usage.output_tokens}"]
    if usage.cached_tokens > 0:
        parts.append(f"{labels.cached}{usage.cached_tokens}")
    if usage.reasoning_tokens > 0:
        parts.append(f"{labels.reasoning}{usage.reasoning_tokens}")
    return f"{labels.total}{usage.total_tokens} ({', '.join(parts)})"
