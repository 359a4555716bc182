"""Breakers as texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.breakers.breaker import Breaker, Probe, Verdict, ask, settle
from domain.breakers.policy import MOST_FAILURES, Policy
from domain.breakers.text import MOST_CHARACTERS, read_breaker, write_breaker
from tests.domain.breakers.phases import Phase, phase_of
from tests.examples import examples

AT = st.integers(0, 2**45)
FAILURES = st.lists(AT, max_size=MOST_FAILURES).map(tuple)
PROBES = st.builds(Probe, st.text("0123456789ABCDEF", min_size=1, max_size=26), AT, st.integers(0, 86_400_000))
COUNTS = st.integers(0, 2**31)
MARKED = FAILURES.filter(bool).flatmap(
    lambda failures: st.lists(
        st.text("0123456789abcdef", max_size=16), min_size=len(failures), max_size=len(failures)
    ).map(lambda people: Breaker(failures, people=tuple(people) if any(people) else ()))
)
BREAKERS = (
    MARKED
    | st.builds(Breaker, FAILURES, COUNTS)
    | st.builds(Breaker, FAILURES, COUNTS, AT, st.integers(0, 86_400_000), COUNTS, st.none() | PROBES)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OPEN = Breaker((5, 9), 1, 9, 60_000, 1, Probe("A", 9, 5))


@examples(60)
@given(BREAKERS)
def test_a_breaker_reads_back_as_it_was_written(breaker):
    assert read_breaker(write_breaker(breaker)) == breaker


def test_a_new_breaker_is_an_empty_text():
    assert write_breaker(Breaker()) == ""
    assert read_breaker("") == Breaker()


def test_the_fullest_breaker_fits():
    policy = Policy(max_failures=999, window=86_400)
    breaker = Breaker(epoch=2**53)
    for number in range(MOST_FAILURES - 1):
        at = 1_770_000_000_000 + number * 1_700_000
        breaker, _ = settle(breaker, policy, at, Verdict.FAILURE, epoch=breaker.epoch, person=f"{number:016}")
    assert len(breaker.failures) == MOST_FAILURES - 1
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
def test_an_unreadable_text_is_a_closed_breaker(text):
    assert read_breaker(text) == Breaker()


@examples(150)
@given(st.sampled_from(sorted(json.loads(write_breaker(OPEN)))), JSON)
def test_a_text_with_any_value_damaged_is_still_a_usable_breaker(name, value):
    breaker = read_breaker(json.dumps(json.loads(write_breaker(OPEN)) | {name: value}))
    answer = ask(breaker, Policy(), 100, "B")
    settle(answer.after, Policy(), 100, Verdict.FAILURE, epoch=breaker.epoch, token="B" if answer.probing else "")
    assert phase_of(breaker, 200_000_000) is not Phase.OPEN
