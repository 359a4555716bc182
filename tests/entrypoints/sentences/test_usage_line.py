"""The line below an answer."""

from decimal import Decimal

import pytest

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.faults.fault import Fault, FaultKind
from domain.turn.statuses import MediaLeftOut
from domain.turn.steps import End, Reason
from entrypoints.sentences.usage import Used, closing_line, dollars, stopped_line, thought_line, usage_line
from entrypoints.sentences.usage_labels import ICONS, SUM_ICONS, WORDS, icon_labels
from entrypoints.settings_snapshot import snapshot
from ports.notices import TurnStopped
from ports.usage import NOT_PAID, Paid, SpentSoFar, Timing, Usage

USAGE, SECOND = Usage(100, 50, 150), Timing(1.0)
PAID = Paid(Decimal("0.00125"))
GUESSED = Paid(Decimal("0.00225"), estimated=Decimal("0.001"))
SPENT = SpentSoFar(Paid(Decimal("0.0431")), Paid(Decimal("1.23")))


def line_of(
    usage: Usage | None = USAGE,
    timing: Timing = SECOND,
    paid: Paid = NOT_PAID,
    spent: SpentSoFar | None = None,
) -> str:
    return usage_line(Used(usage, timing, paid, spent))


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0.00125", "0.00125"), ("0.0000015", "0.000002"), ("1.500000", "1.5"), ("100", "100"), ("0", "0")],
)
def test_money_has_at_most_six_decimals_and_no_trailing_zeros(amount, written):
    assert dollars(Decimal(amount)) == written


def test_the_line_tells_time_speed_cost_and_tokens():
    line = line_of(USAGE, Timing(2.5, 2.0), PAID)
    assert line == "Time: 2.50s 25.0 tps | Cost $0.00125 | Total tokens: 150 (Input: 100, Output: 50)"


def test_cached_and_reasoning_tokens_are_told_when_there_are_any():
    line = line_of(Usage(100, 50, 150, cached_tokens=80, reasoning_tokens=20))
    assert line == "Time: 1.00s | Total tokens: 150 (Input: 100, Output: 50, Cached: 80, Reasoning: 20)"


def test_the_part_of_the_cost_that_upstreams_tools_caused_is_told():
    usage, paid = Usage(cost_details=(("server_tool_cost", Decimal("0.0125")),)), Paid(Decimal("0.03"))
    assert line_of(usage, paid=paid) == "Time: 1.00s | Cost $0.03 (tools: $0.0125)"
    free = Usage(cost_details=(("server_tool_cost", Decimal(0)),))
    assert line_of(free, paid=paid) == "Time: 1.00s | Cost $0.03"


@pytest.mark.parametrize("usage", [None, Usage()])
@pytest.mark.parametrize("paid", [NOT_PAID, Paid(Decimal("0.0000001")), Paid(unknown=2)])
def test_what_is_not_known_is_not_told(usage, paid):
    assert line_of(usage, Timing(1.234), paid, SpentSoFar(paid, paid)) == "Time: 1.23s"


def test_a_stop_is_told_with_the_cost_so_far():
    line = usage_line(Used(USAGE, Timing(2.5), GUESSED), stopped=True)
    assert line.startswith("Stopped | Time: 2.50s | Cost so far ~$0.00225 | ")


def test_a_stop_with_an_exact_bill_has_no_estimate():
    assert "Cost so far $0.00125" in usage_line(Used(USAGE, Timing(2.5), PAID), stopped=True)


@pytest.mark.parametrize(("seconds", "line"), [(0.0, ""), (3.14, "Thought for 3.1 seconds")])
def test_thinking_is_told_only_if_there_was_any(seconds, line):
    assert thought_line(Timing(5.0, thinking=seconds)) == line


@pytest.mark.parametrize(
    ("reason", "note"),
    [
        (Reason.LENGTH, "Cut off at the output limit; press Continue to read on | "),
        (Reason.CONTENT_FILTER, "Cut off by the provider's content filter | "),
        (Reason.FAULT, "Failed | "),
        (Reason.STOP, ""),
    ],
)
def test_the_closing_line_says_how_it_ended(reason, note):
    fault = Fault(FaultKind.SERVER) if reason is Reason.FAULT else None
    end = End(reason, Timing(1.0), "id", fault)
    assert closing_line(end, WORDS) == f"{note}Time: 1.00s"


@pytest.mark.parametrize(
    ("reason", "show", "line"),
    [
        (Reason.STOP, True, "Left out: bridge.png (damaged or incomplete). | Time: 1.00s"),
        (Reason.STOP, False, "Left out: bridge.png (damaged or incomplete)."),
        (Reason.FAULT, True, "Failed | Left out: bridge.png (damaged or incomplete). | Time: 1.00s"),
    ],
)
def test_the_closing_line_repeats_what_was_not_sent(reason, show, line):
    left_out = MediaLeftOut((LeftOut(Medium.IMAGE, Flaw.DAMAGED, "bridge.png"),))
    fault = Fault(FaultKind.SERVER) if reason is Reason.FAULT else None
    assert closing_line(End(reason, Timing(1.0), "id", fault, left_out=left_out), WORDS if show else None) == line


def test_without_usage_the_closing_line_tells_only_thinking():
    end = End(Reason.STOP, Timing(5.0, thinking=2.0), "id", usage=USAGE)
    assert closing_line(end, None) == "Thought for 2.0 seconds"


def test_a_stopped_turn_tells_what_it_used_so_far_only_if_that_is_wanted():
    stop = TurnStopped(Timing(5.0, thinking=2.0), USAGE, GUESSED, SPENT)
    line = stopped_line(stop, WORDS)
    assert line.startswith("Stopped | Time: 5.00s | Cost so far ~$0.00225 | ")
    assert line.endswith(" | Chat $0.0431 | This month $1.23")
    assert stopped_line(stop, None) == "Stopped"


@pytest.mark.parametrize(("writing", "told"), [(0.4, False), (0.999, False), (1.0, True), (7.0, True)])
def test_speed_is_told_only_of_answers_that_took_a_second(writing, told):
    assert ("tps" in line_of(USAGE, Timing(writing + 0.1, writing))) is told


def test_with_own_keys_the_line_tells_what_is_paid_in_all():
    assert " | Cost $0.01235 | " in line_of(paid=Paid(Decimal("0.00005"), Decimal("0.0123")))


@pytest.mark.parametrize("paid", [GUESSED, Paid(Decimal("0.00225"), unknown=1)])
def test_a_cost_of_which_a_part_is_estimated_or_unknown_is_marked(paid):
    assert " | Cost ~$0.00225 | " in line_of(paid=paid)


def test_the_sums_of_the_chat_and_the_month_come_last():
    tokens = "Total tokens: 150 (Input: 100, Output: 50)"
    assert line_of(spent=SPENT) == f"Time: 1.00s | {tokens} | Chat $0.0431 | This month $1.23"
    assert line_of(spent=SpentSoFar(month=GUESSED)) == f"Time: 1.00s | {tokens} | This month ~$0.00225"


def test_the_closing_line_shows_what_the_end_says():
    end = End(Reason.STOP, Timing(1.0), "id", paid=PAID, spent=SPENT)
    assert closing_line(end, WORDS) == "Time: 1.00s | Cost $0.00125 | Chat $0.0431 | This month $1.23"
    assert closing_line(end, None) == ""


def test_icons_stand_for_the_words():
    usage = Usage(100, 50, 150, cached_tokens=80, reasoning_tokens=20)
    line = usage_line(Used(usage, Timing(2.5, 2.0), PAID, SPENT), icon_labels(" ".join(ICONS)))
    time, cost, total, given, written, cached, thought = ICONS
    chat, month = SUM_ICONS
    assert line == (
        f"{time} 2.50s 25.0 tps | {cost} $0.00125 | {total} 150 ({given} 100, {written} 50, {cached} 80, {thought} 20)"
        f" | {chat} $0.0431 | {month} $1.23"
    )
    stopped = stopped_line(TurnStopped(Timing(1.0), usage, PAID), icon_labels(" ".join(ICONS)))
    assert stopped.startswith(f"Stopped | {time} 1.00s | {cost} $0.00125 | ")


def test_a_set_of_icons_may_name_the_sums_too():
    labels = icon_labels("a b c d e f g h i")
    assert usage_line(Used(None, Timing(1.0), PAID, SPENT), labels) == "a 1.00s | b $0.00125 | h $0.0431 | i $1.23"


@pytest.mark.parametrize("icons", ["", "a", "a b c d e f", "a b c d e f g h", "a b c d e f g h i j"])
def test_words_stay_where_the_icons_are_neither_seven_nor_nine(icons):
    assert icon_labels(icons) == WORDS


@pytest.mark.parametrize(
    ("stored", "used"),
    [
        ("a b c d e f g", "a b c d e f g"),
        ("a b c d e f g h i", "a b c d e f g h i"),
        ("a b c d e f g h", None),
        ("a  b\nc d e f \U0001f9e0", "a  b\nc d e f \U0001f9e0"),
        ("a b", None),
    ],
)
def test_a_set_of_icons_that_is_none_is_reported(stored, used):
    made, problems = snapshot({"USAGE_STATUS_ICON_SET": stored}, None, {})
    assert made.usage_status_icon_set == (used or " ".join(ICONS))
    assert bool(problems) is (used is None)
