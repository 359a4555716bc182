"""The closing line of an answer: how it ended, time, cost, tokens."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from domain.turn.steps import End, Reason
from entrypoints.sentences.media import media_words
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.notices import TurnStopped
from ports.usage import NOT_PAID, Paid, SpentSoFar, Timing, Usage

_MICRO = Decimal("0.000001")
_STOPPED = "Stopped"
_FASTEST_TOLD = 1.0
"""Seconds of writing below which no speed is shown: it would say more about the network than about the model."""
_NOTES = {
    Reason.LENGTH: "Cut off at the output limit; press Continue to read on",
    Reason.CONTENT_FILTER: "Cut off by the provider's content filter",
    Reason.FAULT: "Failed",
}


@dataclass(frozen=True, slots=True)
class Used:
    """What the last line of an answer tells: usage and time, what is paid, and what was spent in all if known."""

    usage: Usage | None
    timing: Timing
    paid: Paid = NOT_PAID
    spent: SpentSoFar | None = None


def closing_line(end: End, labels: UsageLabels | None, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return how a turn ended that was not stopped, with usage or else the time of reasoning. May be empty.

    `labels` name the parts of the usage; without them it is not shown. Pages show only the last line of an answer that
    has ended, so it repeats which media were not sent.
    """
    shown = ""
    if labels is not None:
        shown = usage_line(Used(end.usage, end.timing, end.paid, end.spent), labels, vocabulary)
    note = vocabulary.say(_NOTES[end.reason]) if end.reason in _NOTES else ""
    left_out = media_words(end.left_out, vocabulary) if end.left_out is not None else ""
    return " | ".join(part for part in (note, left_out, shown or thought_line(end.timing, vocabulary)) if part)


def stopped_line(stop: TurnStopped, labels: UsageLabels | None, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return that a turn was stopped; with `labels` what it used so far."""
    if labels is None:
        return vocabulary.say(_STOPPED)
    return usage_line(Used(stop.usage, stop.timing, stop.paid, stop.spent), labels, vocabulary, stopped=True)


def dollars(amount: Decimal) -> str:
    """Format USD with at most six decimals and without trailing zeros."""
    return f"{amount.quantize(_MICRO, ROUND_HALF_UP).normalize():f}"


def usage_line(
    used: Used, labels: UsageLabels = WORDS, vocabulary: Vocabulary = NEUTRAL, *, stopped: bool = False
) -> str:
    """Join the parts of the closing line of an answer with ` | `.

    The parts are the time with two decimals and, from a second of writing on, the tokens per second; the cost if above
    zero, with the part of it that upstream's tools caused; the tokens; what the chat and the month have cost. After a
    stop the line says so, with the cost "so far". Amounts of which a part is estimated or unknown are marked `~`.
    """
    usage = used.usage
    segments = [vocabulary.say(_STOPPED)] if stopped else []
    segments.append(_time(usage, used.timing, labels, vocabulary))
    if _shows(used.paid.total):
        sentence = labels.cost_so_far if stopped else labels.cost
        segments.append(vocabulary.say(sentence, cost=_cost(used.paid, usage, vocabulary)))
    if usage is not None and usage.total_tokens > 0:
        segments.append(_tokens(usage, labels, vocabulary))
    spent = used.spent or SpentSoFar()
    for sentence, paid in ((labels.chat, spent.chat), (labels.month, spent.month)):
        if paid is not None and _shows(paid.total):
            segments.append(vocabulary.say(sentence, cost=_amount(paid, vocabulary)))
    return " | ".join(segments)


def thought_line(timing: Timing, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return how long the model reasoned; empty if it did not."""
    if timing.thinking <= 0:
        return ""
    return vocabulary.say("Thought for {seconds} seconds", seconds=vocabulary.decimal(f"{timing.thinking:.1f}"))


def _cost(paid: Paid, usage: Usage | None, vocabulary: Vocabulary) -> str:
    """Write a cost, with the part of it that upstream's own tools caused, if it shows."""
    written = _amount(paid, vocabulary)
    of_tools = (usage.server_tool_cost if usage is not None else None) or Decimal(0)
    if not _shows(of_tools):
        return written
    return vocabulary.say("{cost} (tools: {of_tools})", cost=written, of_tools=_money(of_tools, vocabulary))


def _amount(paid: Paid, vocabulary: Vocabulary) -> str:
    return ("" if paid.is_exact else "~") + _money(paid.total, vocabulary)


def _money(amount: Decimal, vocabulary: Vocabulary) -> str:
    return vocabulary.say("${amount}", amount=vocabulary.decimal(dollars(amount)))


def _shows(amount: Decimal) -> bool:
    return amount.quantize(_MICRO, ROUND_HALF_UP) > 0


def _time(usage: Usage | None, timing: Timing, labels: UsageLabels, vocabulary: Vocabulary) -> str:
    seconds = vocabulary.decimal(f"{timing.total:.2f}")
    if usage is None or usage.output_tokens <= 0 or timing.writing < _FASTEST_TOLD:
        return vocabulary.say(labels.time, seconds=seconds)
    speed = vocabulary.decimal(f"{usage.output_tokens / timing.writing:.1f}")
    return vocabulary.say(labels.time_and_speed, seconds=seconds, speed=speed)


def _tokens(usage: Usage, labels: UsageLabels, vocabulary: Vocabulary) -> str:
    parts = [
        vocabulary.say(labels.input, count=usage.input_tokens),
        vocabulary.say(labels.output, count=usage.output_tokens),
    ]
    if usage.cached_tokens > 0:
        parts.append(vocabulary.say(labels.cached, count=usage.cached_tokens))
    if usage.reasoning_tokens > 0:
        parts.append(vocabulary.say(labels.reasoning, count=usage.reasoning_tokens))
    return vocabulary.say(labels.total, total=usage.total_tokens, parts=", ".join(parts))
