"""The lines people read while a turn runs."""

import pytest

from domain.faults.fault import Fault, FaultKind
from domain.turn.statuses import (
    AnswerBegins,
    CallWithheld,
    CheaperModel,
    EffortAdjusted,
    EffortLeftOut,
    ModelReplaced,
    PaidToolsLeftOut,
    ResultsShortened,
    StillWaiting,
    ToolsLeftOut,
    ToolsNotTaken,
    ToolsRejected,
    TryingAgain,
    WaitingForPlace,
)
from domain.turn.waiting import PAUSES
from entrypoints.sentences.statuses import WAITING_LINES, is_last, notice_words, status_words
from ports.notices import ToolPaused, ToolSkipped, TurnStopped
from ports.usage import Timing

WORDS = {
    WaitingForPlace(): "All places are taken; waiting in line…",
    WaitingForPlace(3): "All places are taken; waiting in line, 3 before you…",
    StillWaiting(1): "Thinking…",
    StillWaiting(1, drawing=True): "Drawing…",
    StillWaiting(9, drawing=True): "A picture takes a moment…",
    TryingAgain(Fault(FaultKind.RATE_LIMITED), 7, 2): (
        "Too many requests were sent to this model. Trying again in 7 seconds (attempt 2)…"
    ),
    EffortAdjusted("xhigh", "high"): "Changing the reasoning effort from xhigh to high, which the model accepts…",
    ToolsNotTaken(): "No available provider of this model accepts tools; sending the message without them…",
    EffortLeftOut(): "The model rejects a reasoning effort; it now chooses its own…",
    ModelReplaced("maker/model", "maker/other"): "maker/model is not available; maker/other answers instead.",
    PaidToolsLeftOut("Monthly"): (
        "The budget Monthly is spent; web search and other paid tools are not offered in this turn."
    ),
    ToolsLeftOut(("look", "send"), 128): ("This model takes at most 128 tools. Not offered in this turn: look, send."),
    ResultsShortened(1): "Shortened 1 earlier tool result so that the chat fits the model.",
    ResultsShortened(3): "Shortened 3 earlier tool results so that the chat fits the model.",
    CallWithheld(): "OpenRouter Armor blocked a tool call.",
    CallWithheld("send"): "OpenRouter Armor blocked a call of the tool send.",
    AnswerBegins(): "",
}
NOTICES = {
    ToolSkipped("look"): "Skipping look: it failed repeatedly and is paused.",
    ToolPaused("look", 60): "look failed repeatedly; it is paused for 1 minute.",
    ToolPaused("look", 60, again=True): "look still fails; it is paused for another 1 minute.",
    TurnStopped(Timing(2.0)): "Stopped | Time: 2.00s",
}


@pytest.mark.parametrize(("status", "words"), WORDS.items(), ids=str)
def test_every_status_is_one_line(status, words):
    assert status_words(status) == words
    assert is_last(status) is isinstance(
        status, AnswerBegins | CallWithheld | PaidToolsLeftOut | ResultsShortened | ToolsLeftOut
    )


@pytest.mark.parametrize(("notice", "words"), NOTICES.items(), ids=str)
def test_every_notice_is_one_line(notice, words):
    assert notice_words(notice) == words
    assert is_last(notice) is isinstance(notice, TurnStopped)


UNSEEN = "a\r\nb\u202ec\u2066d\u200be\x1b[31mf\x00g\ud800h"
SEEN = "a b c d e [31mf g h"


@pytest.mark.parametrize(
    "status",
    [
        ModelReplaced(UNSEEN, UNSEEN),
        CheaperModel(UNSEEN, UNSEEN, UNSEEN),
        EffortAdjusted(UNSEEN, UNSEEN),
        ToolsLeftOut((UNSEEN,), 128),
        ToolsRejected((UNSEEN,)),
        CallWithheld(UNSEEN),
        PaidToolsLeftOut(UNSEEN),
    ],
    ids=lambda status: type(status).__name__,
)
def test_names_from_outside_never_break_the_line_turn_its_direction_or_hold_what_databases_refuse(status):
    words = status_words(status)
    assert words.replace("\u2026", "").isprintable()
    assert SEEN in words or SEEN.replace("[", "") in words


@pytest.mark.parametrize("notice", [ToolSkipped(UNSEEN), ToolPaused(UNSEEN, 60), ToolPaused(UNSEEN, 60, again=True)])
def test_names_of_tools_in_notices_are_visible_too(notice):
    assert SEEN in notice_words(notice)


def test_every_stage_of_waiting_has_a_line_of_its_own_and_the_last_one_stays():
    lines = [status_words(StillWaiting(stage)) for stage in range(1, len(PAUSES) + 1)]
    assert (tuple(lines), len(set(lines))) == (WAITING_LINES, len(PAUSES))
    assert status_words(StillWaiting(len(PAUSES) + 3)) == WAITING_LINES[-1]
