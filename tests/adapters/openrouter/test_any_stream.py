"""Frames of all event types in any order, from their JSON to what a turn shows: one end, and nothing twice."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.responses.event_types import READ, UNUSED
from tests.examples import examples
from tests.frames import ANY_STREAM, POOL, complaints, played, repeated_uses, told_streams


def test_the_frames_are_of_every_type():
    assert {frame["type"] for frame in POOL} == READ | set(UNUSED)


@examples(400)
@given(ANY_STREAM, st.integers(1, 5))
def test_frames_of_any_type_in_any_order_end_a_turn_once_and_show_nothing_twice(frames, reads):
    assert complaints(played(frames, reads)) == []


@examples(400)
@given(told_streams(), st.integers(1, 5))
def test_what_fits_together_is_shown_once_in_whatever_order_it_comes(frames, reads):
    steps = played(frames, reads)
    assert complaints(steps) == []
    assert repeated_uses(steps, len(frames[-1]["response"]["output"])) == []
