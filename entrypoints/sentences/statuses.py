"""The lines people read during a turn: statuses and notices."""

from typing import assert_never

from domain.turn.statuses import (
    AnswerBegins,
    EffortAdjusted,
    EffortLeftOut,
    FileNotStored,
    HistoryAsText,
    MediaLeftOut,
    ModelReplaced,
    OutputLimited,
    PictureNotStored,
    ResultsShortened,
    Status,
    StillWaiting,
    ThinkingLeftOut,
    ToolsLeftOut,
    ToolsRejected,
    TryingAgain,
    WaitingForPlace,
)
from entrypoints.sentences.faults import happened
from entrypoints.sentences.lists import listed_names
from entrypoints.sentences.media import media_words
from entrypoints.sentences.times import span_words
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
_LAST = (AnswerBegins, FileNotStored, MediaLeftOut, PictureNotStored, ResultsShortened, ToolsLeftOut, TurnStopped)


def status_words(status: Status, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return a status as one line; an empty text removes the line."""
    match status:
        case StillWaiting(stage, drawing):
            lines = DRAWING_LINES if drawing else WAITING_LINES
            return lines[min(stage, len(lines)) - 1]
        case WaitingForPlace(ahead):
            before = f", {ahead} before you" if ahead else ""
            return f"All places are taken; waiting in line{before}\u2026"
        case TryingAgain(fault, seconds, attempt):
            return f"{happened(fault, vocabulary)} Trying again in {span_words(seconds)} (attempt {attempt})\u2026"
        case EffortAdjusted(was, effort):
            return f"Changing the reasoning effort from {was} to {effort}, which the model accepts\u2026"
        case EffortLeftOut():
            return "The model rejects a reasoning effort; it now chooses its own\u2026"
        case ThinkingLeftOut():
            return "The provider rejects the reasoning of earlier answers; sending the message without it\u2026"
        case HistoryAsText():
            return "The provider rejects the form of earlier answers; sending them as plain text\u2026"
        case OutputLimited(tokens):
            return f"The balance allows an answer of {tokens} tokens; sending the message with this limit\u2026"
        case ResultsShortened(count):
            results = "1 earlier tool result" if count == 1 else f"{count} earlier tool results"
            return f"Shortened {results} so that the chat fits the model."
        case ToolsRejected(names, surplus):
            why = (
                "The provider does not accept so many tools"
                if surplus
                else "The provider rejects the definition of a tool"
            )
            return f"{why}; left out: {listed_names(names)}\u2026"
        case ModelReplaced(was, by):
            return f"{was} is not available; {by} answers instead."
        case ToolsLeftOut(names, most):
            return f"This model takes at most {most} tools. Not offered in this turn: {listed_names(names)}."
        case PictureNotStored():
            return "A picture could not be stored as a file; the chat contains it as data, which makes the chat large."
        case MediaLeftOut():
            return media_words(status)
        case FileNotStored():
            return "A file that a tool returned could not be stored; it is not shown."
        case AnswerBegins():
            return ""
    assert_never(status)


def is_last(status: Status | Notice) -> bool:
    """Return whether this line is shown as done: the last one of a turn, or one that reports no work."""
    return isinstance(status, _LAST)


def notice_words(notice: Notice, *, show_usage: bool, labels: UsageLabels = WORDS) -> str:
    """Return a notice as one line; `show_usage`: add time, cost and tokens of a stopped turn, under these `labels`."""
    match notice:
        case ToolSkipped(name):
            return f"Skipping {name}: it failed repeatedly and is paused."
        case ToolPaused(name, seconds, again):
            if again:
                return f"{name} still fails; it is paused for another {span_words(seconds)}."
            return f"{name} failed repeatedly; it is paused for {span_words(seconds)}."
        case TurnStopped():
            return stopped_line(notice, show_usage=show_usage, labels=labels)
    assert_never(notice)
