"""When a piece of text is sent to the page."""

from collections.abc import Sequence
from copy import copy

from hypothesis import given
from hypothesis import strategies as st

from domain.turn.statuses import ModelReplaced, StillWaiting
from domain.turn.steps import (
    CloseReasoning,
    Output,
    ShowCall,
    ShowCallResult,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openwebui.present.pace import INTERVAL, LONGEST_INTERVAL, REPEATED_PER_SECOND, Leaving, Pacer
from tests.entrypoints.openwebui.told import ended, result, tool_call

NOW = 100.0


def begun(repeated: int = 0) -> Pacer:
    """Make a pacer whose first piece left at NOW."""
    pacer = Pacer()
    assert pacer.offer(ShowText(0, "first"), NOW)
    pacer.left(NOW, repeated)
    return pacer


def test_first_piece_leaves_at_once() -> None:
    assert Pacer().offer(ShowText(0, "first"), NOW) == [ShowText(0, "first")]


def test_next_piece_is_held_until_the_interval_is_over() -> None:
    pacer = begun()

    assert pacer.offer(ShowText(0, "b"), NOW + 0.01) == []
    assert pacer.due() == NOW + INTERVAL


def test_nothing_is_due_while_nothing_is_held() -> None:
    assert begun().due() is None


def test_pieces_held_leave_joined_with_the_first_after_the_interval() -> None:
    pacer = begun()
    pacer.offer(ShowText(0, "b"), NOW + 0.01)
    pacer.offer(ShowText(0, "c"), NOW + 0.02)

    assert pacer.offer(ShowText(0, "d"), NOW + INTERVAL) == [ShowText(0, "bcd")]
    assert pacer.due() is None


def test_pieces_held_leave_joined_when_asked_for() -> None:
    pacer = begun()
    pacer.offer(ShowText(0, "b"), NOW + 0.01)
    pacer.offer(ShowText(0, "c"), NOW + 0.02)

    assert pacer.flush() == [ShowText(0, "bc")]
    assert pacer.flush() == []


def test_piece_after_a_pause_leaves_at_once() -> None:
    assert begun().offer(ShowText(0, "b"), NOW + 1.0) == [ShowText(0, "b")]


def test_new_segment_lets_the_held_piece_go_and_is_held_itself() -> None:
    pacer = begun()
    pacer.offer(ShowText(0, "b"), NOW + 0.01)

    assert pacer.offer(ShowText(1, "c"), NOW + 0.02) == [ShowText(0, "b")]
    assert pacer.flush() == [ShowText(1, "c")]


def test_thinking_and_text_of_one_number_are_never_joined() -> None:
    pacer = begun()
    pacer.offer(ShowReasoning(1, "b"), NOW + 0.01)

    assert pacer.offer(ShowText(1, "c"), NOW + INTERVAL) == [ShowReasoning(1, "b"), ShowText(1, "c")]


def test_end_of_thinking_calls_results_and_statuses_leave_at_once_behind_what_was_held() -> None:
    others: list[Output] = [
        CloseReasoning(0, 1.0, {}),
        ShowCall(1, tool_call()),
        ShowCallResult(1, tool_call(), result()),
        ShowStatus(StillWaiting(1)),
        ended(),
    ]
    for other in others:
        pacer = begun()
        pacer.offer(ShowReasoning(0, "b"), NOW + 0.01)
        assert pacer.offer(other, NOW + 0.01) == [ShowReasoning(0, "b"), other]


def test_interval_stretches_with_what_the_host_sends_again() -> None:
    pacer = begun(repeated=REPEATED_PER_SECOND // 10)
    pacer.offer(ShowText(0, "b"), NOW + 0.01)

    assert pacer.due() == NOW + 0.1


def test_interval_never_stretches_beyond_the_longest() -> None:
    pacer = begun(repeated=REPEATED_PER_SECOND * 100)
    pacer.offer(ShowText(0, "b"), NOW + 0.01)

    assert pacer.due() == NOW + LONGEST_INTERVAL


texts = st.text(max_size=4)
segments = st.integers(0, 2)
outputs: st.SearchStrategy[Output] = st.one_of(
    st.builds(ShowText, segments, texts),
    st.builds(ShowReasoning, segments, texts),
    st.builds(CloseReasoning, segments, st.just(1.0), st.just({})),
    st.builds(ShowStatus, st.builds(ModelReplaced, texts, texts)),
)
moves = st.lists(st.tuples(st.one_of(outputs, st.none()), st.sampled_from([0.0, 0.01, 0.05, 3.0])), max_size=40)


def joined(told: Sequence[Leaving]) -> list[object]:
    """Write outputs so that only where texts are cut makes no difference: characters with their place."""
    return [
        mark
        for output in told
        for mark in (
            [(type(output), output.segment, letter) for letter in output.text]
            if isinstance(output, ShowText | ShowReasoning)
            else [output]
        )
    ]


@given(moves)
def test_nothing_is_lost_added_or_reordered_whatever_is_offered_and_flushed(
    moves: list[tuple[Output | None, float]],
) -> None:
    pacer, now = Pacer(), NOW
    leaving: list[Leaving] = []
    for output, pause in moves:
        now += pause
        gone = pacer.flush() if output is None else pacer.offer(output, now)
        for piece in gone:
            if isinstance(piece, ShowText | ShowReasoning):
                pacer.left(now, len(leaving) * 1000)
        leaving += gone
    leaving += pacer.flush()

    assert joined(leaving) == joined([output for output, _ in moves if output is not None])


@given(moves)
def test_something_is_due_exactly_while_something_is_held(moves: list[tuple[Output | None, float]]) -> None:
    pacer, now = Pacer(), NOW
    for output, pause in moves:
        now += pause
        for piece in pacer.flush() if output is None else pacer.offer(output, now):
            if isinstance(piece, ShowText | ShowReasoning):
                pacer.left(now, 0)
        due = pacer.due()
        assert (due is not None) == bool(copy(pacer).flush())
        assert due is None or now < due <= now + INTERVAL
