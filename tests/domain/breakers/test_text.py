"""Breakers as texts."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.breakers.breaker import Breaker, Outcome, Phase, Probe, Verdict, ask, phase_of, settle
from domain.breakers.policy import Mode, Policy
from domain.breakers.text import MOST_CHARACTERS, read_breaker, write_breaker

AT = st.integers(0, 2**45)
OUTCOMES = st.lists(st.builds(Outcome, AT, st.booleans()), max_size=200).map(tuple)
PROBES = st.builds(Probe, st.text("0123456789ABCDEF", min_size=1, max_size=26), AT, st.integers(0, 86_400_000))
COUNTS = st.integers(0, 2**31)
BREAKERS = st.builds(Breaker, OUTCOMES, COUNTS) | st.builds(
    Breaker, OUTCOMES, COUNTS, AT, st.integers(0, 86_400_000), COUNTS, st.none() | PROBES
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OPEN = Breaker((Outcome(5, True), Outcome(9, False)), 1, 9, 60_000, 1, Probe("A", 9, 5))


@settings(max_examples=60, deadline=None)
@given(BREAKERS)
def test_a_breaker_reads_back_as_it_was_written(breaker):
    assert read_breaker(write_breaker(breaker)) == breaker


def test_a_breaker_that_knows_nothing_is_no_text():
    assert write_breaker(Breaker()) == ""
    assert read_breaker("") == Breaker()


def test_the_fullest_breaker_fits():
    policy = Policy(max_failures=50, window=86_400, mode=Mode.FAILURE_RATE, rate=0.25, history=200)
    breaker = Breaker(epoch=2**53)
    for number in range(300):
        at = 1_770_000_000_000 + number * 200_000
        breaker, _ = settle(breaker, policy, at, Verdict.SUCCESS, epoch=breaker.epoch)
    assert len(breaker.outcomes) == 200
    assert len(write_breaker(breaker)) < MOST_CHARACTERS


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "null",
        "[]",
        "{}",
        '{"v":1}',
        "\ud800",
        "[" * 8_000,
        "9" * 8_000,
        "x" * 100_000,
        write_breaker(OPEN).replace('"v":1', '"v":2'),
        write_breaker(OPEN)[:-1],
    ],
)
def test_a_text_nobody_wrote_is_a_closed_breaker(text):
    assert read_breaker(text) == Breaker()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(json.loads(write_breaker(OPEN)))), JSON)
def test_a_text_with_any_value_damaged_is_still_a_usable_breaker(name, value):
    breaker = read_breaker(json.dumps(json.loads(write_breaker(OPEN)) | {name: value}))
    answer = ask(breaker, Policy(), 100, "B")
    settle(answer.after, Policy(), 100, Verdict.FAILURE, epoch=breaker.epoch, token="B" if answer.probing else "")
    assert phase_of(breaker, 200_000_000) is not Phase.OPEN
