"""One person alone never opens a breaker that others share, in however many processes."""

import pytest

from domain.breakers.breaker import Breaker, Change, Verdict, settle
from domain.breakers.policy import Policy
from domain.breakers.text import read_breaker, write_breaker

NOW = 1_770_000_000_000


def failed(breaker: Breaker, *people: str, limit: int = 5, now: int = NOW) -> tuple[Breaker, Change | None]:
    """Let the calls of people fail one after the other, each in another process; return the last change too."""
    change = None
    for person in people:
        breaker, change = settle(
            read_breaker(write_breaker(breaker)),
            Policy(limit, window=60.0),
            now,
            Verdict.FAILURE,
            epoch=breaker.epoch,
            person=person,
        )
    return breaker, change


@pytest.mark.parametrize(("limit", "share"), [(2, 1), (3, 2), (5, 3), (50, 25)])
def test_a_person_causes_at_most_half_of_the_failures(limit: int, share: int) -> None:
    breaker, change = failed(Breaker(), *["ann"] * 100, limit=limit)
    assert (len(breaker.failures), breaker.people, change) == (share, ("ann",) * share, None)


def test_the_failures_of_others_still_count() -> None:
    breaker, _ = failed(Breaker(), "ann", "ann", "ann", "ann", "ben")
    assert breaker.people == ("ann", "ann", "ann", "ben")
    breaker, change = failed(breaker, "ben")
    assert (change, breaker.people) == (Change.OPENED, ())


def test_failures_leave_the_window() -> None:
    breaker, _ = failed(Breaker(), "ann", "ann", "ann")
    breaker, _ = failed(breaker, "ann", now=NOW + 59_000)
    assert len(breaker.failures) == 3
    breaker, _ = failed(breaker, "ann", now=NOW + 60_000)
    assert breaker.failures == (NOW + 60_000,)


def test_a_success_clears_the_failures() -> None:
    breaker, _ = failed(Breaker(), "ann", "ann", "ann")
    breaker, _ = settle(breaker, Policy(5), NOW, Verdict.SUCCESS, epoch=0, person="ann")
    assert breaker == Breaker()


def test_failures_of_nobody_in_particular_always_count() -> None:
    _, change = failed(Breaker(), *[""] * 5)
    assert change is Change.OPENED


def test_failures_without_a_mark_and_with_one_are_kept_together() -> None:
    breaker, _ = failed(Breaker(), "", "ann", "")
    assert breaker.people == ("", "ann", "")


def test_a_text_of_an_older_release_counts_for_nobody() -> None:
    older = Breaker(failures=(NOW, NOW + 1, NOW + 2))
    assert "by" not in write_breaker(older)
    _, change = failed(older, "ann", "ann", now=NOW + 3)
    assert change is Change.OPENED


@pytest.mark.parametrize(
    "marks", ['"ann"', "[]", '["ann","ben","cid"]', "[1,2]", '["ann",null]', f'["ann","{"x" * 99}"]']
)
def test_marks_that_cannot_be_read_are_a_closed_breaker(marks: str) -> None:
    text = write_breaker(Breaker(failures=(NOW, NOW + 1), people=("ann", "ben"))).replace('["ann","ben"]', marks)
    assert read_breaker(text) == Breaker()
