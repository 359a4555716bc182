"""Web searches by upstream: reported while they run, with their query."""

from domain.turn.statuses import Searched, Searching
from domain.turn.steps import Persist
from ports.response_events import ItemAdded, ItemDone
from tests.domain.turn.talk import Turn, completed, delta, done, message, thought

SEARCH = {"type": "openrouter:web_search", "id": "st_tmp_1", "status": "completed"}


def test_a_search_is_reported_when_it_begins_and_with_its_query_when_it_ends():
    turn = Turn()
    turn.feed(ItemAdded(0, SEARCH), ItemDone(0, {**SEARCH, "action": {"type": "search", "query": " red\n bridges "}}))
    turn.feed(delta("Yes", index=1), completed())
    assert turn.statuses[-2:] == [Searching(), Searched("red bridges")]


def test_a_search_without_a_query_is_reported_without_one():
    turn = Turn()
    turn.feed(ItemDone(0, {**SEARCH, "action": None}), delta("Yes", index=1), completed())
    assert turn.statuses[-1] == Searched("")


def test_only_the_position_of_a_search_is_kept():
    turn = Turn()
    turn.feed(*done(thought("Hm")), ItemDone(1, SEARCH), *done(message("Yes")), completed())
    (persist,) = turn.all(Persist)
    assert persist.items[1].item == {"type": "openrouter:web_search"}
