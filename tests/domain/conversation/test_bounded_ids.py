"""Ids from outside have at most 256 bytes, stay distinct, and keep saying what they are of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.bounded_ids import bounded_id, cache_key
from domain.request.turn_request import Person
from domain.turn.call_ids import distinct
from ports.retention import ID_BYTES, has_long_id
from ports.toolbox import ToolCall

ANY = st.text(st.characters(codec=None), max_size=40).flatmap(
    lambda text: st.integers(1, 40).map(lambda times: text * times)
)


@given(ANY)
def test_an_id_is_bounded_and_bounding_it_twice_changes_nothing(text):
    bounded = bounded_id(text)
    assert len(bounded.encode("utf-8", "surrogatepass")) <= ID_BYTES
    assert bounded_id(bounded) == bounded
    assert not has_long_id(bounded)
    assert has_long_id(text) == (bounded != text)


def test_long_ids_that_differ_at_their_end_stay_distinct():
    assert bounded_id("x" * 10_000 + "1") != bounded_id("x" * 10_000 + "2")


@pytest.mark.parametrize("long", ["local:" + "x" * 10_000, "temporary:" + "\ud800" * 10_000, "channel:" + "x" * 10_000])
def test_a_long_id_keeps_the_beginning_that_names_its_kind(long):
    assert bounded_id(long).startswith(long.partition(":")[0] + ":")


def test_all_ids_of_a_person_are_bounded():
    long = "x" * 1_000
    person = Person(long, long, long, long, long, is_admin=True, temporary=True).bounded()
    texts = (person.user_id, person.chat_id, person.message_id, person.session_id, person.parent_id)
    assert not has_long_id(*texts)
    assert person.is_admin
    assert person.temporary


def test_calls_from_upstream_have_bounded_ids_of_their_own():
    calls = [(n, ToolCall("c" * 5_000 + str(n), "look", "{}"), True) for n in range(3)]
    ids = [call.call_id for call in distinct(calls, frozenset()).values()]
    assert not has_long_id(*ids)
    assert len(set(ids)) == 3


@given(st.lists(ANY, max_size=4), st.lists(ANY, max_size=4))
def test_keys_of_caches_are_short_and_differ_as_their_texts_do(texts, others):
    assert len(cache_key(*texts)) == 16
    assert (cache_key(*texts) == cache_key(*others)) == (texts == others)
