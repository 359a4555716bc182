"""The closing line of an answer: how it ended, time, cost, tokens."""

from decimal import ROUND_HALF_UP, Decimal

from domain.turn.steps import End, Reason
from entrypoints.sentences.media import media_words
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
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
    end: End,
    *,
    show_usage: bool,
    estimated_cost: Decimal | None = None,
    labels: UsageLabels = WORDS,
    vocabulary: Vocabulary = NEUTRAL,
) -> str:
    """Return how a turn ended that was not stopped, with usage or else the time of reasoning. May be empty.

    Pages show only the last line of an answer that has ended, so it repeats which media were not sent.
    `estimated_cost`: USD for earlier calls of the same answer whose bill never came.
    """
    shown = ""
    if show_usage:
        shown = usage_line(end.usage, end.timing, estimated_cost=estimated_cost, labels=labels, vocabulary=vocabulary)
    note = vocabulary.say(_NOTES[end.reason]) if end.reason in _NOTES else ""
    left_out = media_words(end.left_out, vocabulary) if end.left_out is not None else ""
    return " | ".join(part for part in (note, left_out, shown or thought_line(end.timing, vocabulary)) if part)


def stopped_line(
    stop: TurnStopped, *, show_usage: bool, labels: UsageLabels = WORDS, vocabulary: Vocabulary = NEUTRAL
) -> str:
    """Return that a turn was stopped; `show_usage`: add what it used so far."""
    if not show_usage:
        return vocabulary.say(_STOPPED)
    cost = stop.estimated_cost
    return usage_line(stop.usage, stop.timing, stopped=True, estimated_cost=cost, labels=labels, vocabulary=vocabulary)


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
    vocabulary: Vocabulary = NEUTRAL,
) -> str:
    """Join the parts of the closing line of an answer with ` | `.

    The parts are the time with two decimals and, from a second of writing on, the tokens per second; the cost if above
    zero, with the part of it that upstream's tools caused; the tokens.
    After a stop the line says so, with the cost "so far". `estimated_cost` (USD) for interrupted calls is part of the
    cost, which is then marked `~`.
    """
    segments = [vocabulary.say(_STOPPED)] if stopped else []
    segments.append(_time(usage, timing, labels, vocabulary))
    cost = (usage.total_cost if usage is not None else None) or Decimal(0)
    cost += estimated_cost or Decimal(0)
    if _shows(cost):
        sentence = labels.cost_so_far if stopped else labels.cost
        segments.append(vocabulary.say(sentence, cost=_cost(cost, usage, vocabulary, about=bool(estimated_cost))))
    if usage is not None and usage.total_tokens > 0:
        segments.append(_tokens(usage, labels, vocabulary))
    return " | ".join(segments)


def thought_line(timing: Timing, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return how long the model reasoned; empty if it did not."""
    if timing.thinking <= 0:
        return ""
    return vocabulary.say("Thought for {seconds} seconds", seconds=vocabulary.decimal(f"{timing.thinking:.1f}"))


def _cost(cost: Decimal, usage: Usage | None, vocabulary: Vocabulary, *, about: bool) -> str:
    """Write a cost, with the part of it that upstream's own tools caused, if it shows."""
    written = ("~" if about else "") + _money(cost, vocabulary)
    of_tools = (usage.server_tool_cost if usage is not None else None) or Decimal(0)
    if not _shows(of_tools):
        return written
    return vocabulary.say("{cost} (tools: {of_tools})", cost=written, of_tools=_money(of_tools, vocabulary))


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
