"""The lines people read during a turn: statuses and notices."""

from typing import assert_never

from domain.egress.lines import visible_line
from domain.turn.statuses import (
    AnswerBegins,
    BudgetLow,
    CallWithheld,
    CheaperModel,
    EffortAdjusted,
    EffortLeftOut,
    FileNotStored,
    HistoryAsText,
    MediaLeftOut,
    ModelReplaced,
    OutputLimited,
    PaidToolsLeftOut,
    PictureNotStored,
    ResultsShortened,
    Status,
    StillWaiting,
    ThinkingLeftOut,
    ToolsLeftOut,
    ToolsNotTaken,
    ToolsRejected,
    TryingAgain,
    WaitingForPlace,
)
from entrypoints.sentences.budgets import low_line, quoted
from entrypoints.sentences.faults import happened
from entrypoints.sentences.lists import listed_names
from entrypoints.sentences.media import media_words
from entrypoints.sentences.times import span_words, wait_words
from entrypoints.sentences.usage import stopped_line
from entrypoints.sentences.usage_labels import WORDS, UsageLabels
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.notices import Notice, ToolPaused, ToolSkipped, TurnStopped

WAITING_LINES = (
    "Thinking\u2026",
    "Still thinking\u2026",
    "Working on a good answer\u2026",
    "This one takes a moment\u2026",
    "Still here, waiting for the model\u2026",
)
"""The lines a waiting person reads, in order; the last one stays."""
DRAWING_LINES = (
    "Drawing\u2026",
    "Still drawing\u2026",
    "A picture takes a moment\u2026",
)
"""The same while a model draws that does nothing else."""
_TOO_MANY_TOOLS = "The provider does not accept so many tools; left out: {tools}\u2026"
_TOOL_REJECTED = "The provider rejects the definition of a tool; left out: {tools}\u2026"
_Wait = StillWaiting | WaitingForPlace | TryingAgain
"""The turn waits."""
_SentAgain = (
    EffortAdjusted | EffortLeftOut | ThinkingLeftOut | HistoryAsText | OutputLimited | ToolsNotTaken | ToolsRejected
)
"""Upstream refused a request, which goes once more without what it refused."""
_Prepared = ResultsShortened | ToolsLeftOut | MediaLeftOut | ModelReplaced | CheaperModel | PaidToolsLeftOut | BudgetLow
"""What is known before a request is sent, and how it differs from what was asked for."""
_LAST = (
    AnswerBegins,
    BudgetLow,
    CallWithheld,
    FileNotStored,
    MediaLeftOut,
    PaidToolsLeftOut,
    PictureNotStored,
    ResultsShortened,
    ToolsLeftOut,
    TurnStopped,
)


def status_words(status: Status, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return a status as one visible line, whatever the names in it; an empty text removes the line."""
    return visible_line(_status_words(status, vocabulary))


def _status_words(status: Status, vocabulary: Vocabulary) -> str:
    if isinstance(status, _Wait):
        return _wait_words(status, vocabulary)
    if isinstance(status, _SentAgain):
        return _sent_again_words(status, vocabulary)
    if isinstance(status, _Prepared):
        return _prepared_words(status, vocabulary)
    match status:
        case PictureNotStored():
            return vocabulary.say(
                "A picture could not be stored as a file; the chat contains it as data, which makes the chat large."
            )
        case FileNotStored():
            return vocabulary.say("A file that a tool returned could not be stored; it is not shown.")
        case CallWithheld(""):
            return vocabulary.say("OpenRouter Armor blocked a tool call.")
        case CallWithheld(tool):
            return vocabulary.say("OpenRouter Armor blocked a call of the tool {tool}.", tool=tool)
        case AnswerBegins():
            return ""
    assert_never(status)


def is_last(status: Status | Notice) -> bool:
    """Return whether this line is shown as done: the last one of a turn, or one that reports no work."""
    return isinstance(status, _LAST)


def notice_words(notice: Notice, labels: UsageLabels | None = WORDS, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return a notice as one line; `labels` name time, cost and tokens of a stopped turn, None for none of them."""
    match notice:
        case ToolSkipped(name):
            return vocabulary.say("Skipping {tool}: it failed repeatedly and is paused.", tool=visible_line(name))
        case ToolPaused(name, seconds, again):
            sentence = (
                "{tool} still fails; it is paused for another {span}."
                if again
                else "{tool} failed repeatedly; it is paused for {span}."
            )
            return vocabulary.say(sentence, tool=visible_line(name), span=span_words(seconds, vocabulary))
        case TurnStopped():
            return stopped_line(notice, labels, vocabulary)
    assert_never(notice)


def running_line(tool: str, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return the line that a tool runs; `tool` as a page may show it."""
    return vocabulary.say("Running {tool}\u2026", tool=tool)


def ran_line(tool: str, vocabulary: Vocabulary = NEUTRAL, count: int = 1) -> str:
    """Return the line that a tool has run, or `count` of them at the same time."""
    return vocabulary.count(count, "Ran {tool}", "Ran {number} tools", tool=tool)


def _wait_words(status: _Wait, vocabulary: Vocabulary) -> str:
    match status:
        case StillWaiting(stage, drawing):
            lines = DRAWING_LINES if drawing else WAITING_LINES
            return vocabulary.say(lines[min(stage, len(lines)) - 1])
        case WaitingForPlace(0):
            return vocabulary.say("All places are taken; waiting in line\u2026")
        case WaitingForPlace(ahead):
            return vocabulary.say("All places are taken; waiting in line, {ahead} before you\u2026", ahead=ahead)
        case TryingAgain(fault, seconds, attempt):
            when = wait_words(seconds, vocabulary=vocabulary)
            again = vocabulary.say("Trying again {when} (attempt {attempt})\u2026", when=when, attempt=attempt)
            return f"{happened(fault, vocabulary)} {again}"
    assert_never(status)


def _sent_again_words(status: _SentAgain, vocabulary: Vocabulary) -> str:
    say = vocabulary.say
    match status:
        case EffortAdjusted(was, effort):
            sentence = "Changing the reasoning effort from {was} to {effort}, which the model accepts\u2026"
            return say(sentence, was=was, effort=effort)
        case EffortLeftOut():
            return say("The model rejects a reasoning effort; it now chooses its own\u2026")
        case ThinkingLeftOut():
            return say("The provider rejects the reasoning of earlier answers; sending the message without it\u2026")
        case HistoryAsText():
            return say("The provider rejects the form of earlier answers; sending them as plain text\u2026")
        case OutputLimited(tokens):
            sentence = "The balance allows an answer of {tokens} tokens; sending the message with this limit\u2026"
            return say(sentence, tokens=tokens)
        case ToolsNotTaken():
            return say("No available provider of this model accepts tools; sending the message without them\u2026")
        case ToolsRejected(names, surplus):
            sentence = _TOO_MANY_TOOLS if surplus else _TOOL_REJECTED
            return say(sentence, tools=listed_names(names, vocabulary))
    assert_never(status)


def _prepared_words(status: _Prepared, vocabulary: Vocabulary) -> str:
    match status:
        case ResultsShortened(count):
            return vocabulary.count(
                count,
                "Shortened 1 earlier tool result so that the chat fits the model.",
                "Shortened {number} earlier tool results so that the chat fits the model.",
            )
        case ToolsLeftOut(names, most):
            sentence = "This model takes at most {most} tools. Not offered in this turn: {tools}."
            return vocabulary.say(sentence, most=most, tools=listed_names(names, vocabulary))
        case MediaLeftOut():
            return media_words(status, vocabulary)
        case ModelReplaced(was, by):
            return vocabulary.say("{was} is not available; {by} answers instead.", was=was, by=by)
        case CheaperModel(was, by, budget):
            sentence = "The budget {budget} is spent for {was}; {by} answers instead."
            return vocabulary.say(sentence, budget=quoted(budget), was=was, by=by)
        case PaidToolsLeftOut(budget):
            sentence = "The budget {budget} is spent; web search and other paid tools are not offered in this turn."
            return vocabulary.say(sentence, budget=quoted(budget))
        case BudgetLow():
            return low_line(status, vocabulary)
    assert_never(status)
