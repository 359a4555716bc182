"""Turns that broke off: the page may have got less of the last text than was kept."""

from dataclasses import replace

import pytest

from tests.domain.conversation.histories import spans
from tests.domain.conversation.host_shapes import HOSTS, returned, user
from tests.domain.conversation.kept_turns import OPENAI, answer, call, output, record, sealed_thought

THOUGHT = sealed_thought("x")


def went_back(host, said: str, *items, cut: bool = True) -> tuple[dict, ...]:
    """What goes upstream when the page got `said` of the last text."""
    turn = record(*items, model=OPENAI, cut=cut)
    got = replace(turn, items=(*turn.items[:-1], replace(turn.items[-1], item=answer(said))))
    messages = [user("why"), *returned(host, got), user("go on")]
    (span,) = spans(messages, [turn], OPENAI)
    return span.items


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_text_goes_back_as_far_as_the_page_got_it_with_its_thinking(host):
    assert went_back(host, "One tw", THOUGHT, answer("One two three")) == (THOUGHT, answer("One tw"))


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_calls_before_the_text_stay_with_it(host):
    items = (THOUGHT, call("c"), output("c"), sealed_thought("y"), answer("One\n\ntwo  three"))
    assert went_back(host, "One\n\ntwo", *items) == (*items[:-1], answer("One\n\ntwo"))


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_other_words_than_those_kept_go_back_without_thinking(host):
    assert THOUGHT not in went_back(host, "One twx", THOUGHT, answer("One two three"))


@pytest.mark.parametrize("host", [host for host in HOSTS if host != "api"])
def test_less_of_a_turn_that_came_to_its_end_is_an_edit(host):
    (item,) = went_back(host, "One two", THOUGHT, answer("One two three"), cut=False)
    assert item["content"].strip() == "One two"
