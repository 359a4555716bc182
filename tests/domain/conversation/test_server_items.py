"""Items of server tools are stored as received and go back only where upstream takes them."""

from dataclasses import replace

import pytest

from domain.conversation.history_format import PLAIN
from domain.conversation.plain_items import as_plain, without_thinking
from domain.conversation.provenance import taken_by
from domain.conversation.record import OTHER, record_of, rows_of
from domain.conversation.replay import matches_of, spans_of
from domain.conversation.server_items import MOST_CHARACTERS, kept_form
from domain.conversation.stored_answers import stored_answers
from ports.catalog import Model
from ports.responses import Endpoint
from tests.domain.conversation.fingerprints import fingerprint_of_turn
from tests.domain.conversation.host_shapes import user
from tests.domain.conversation.kept_turns import CLAUDE, OPENAI, answer, record, sealed_thought

FETCH = {
    "type": "openrouter:web_fetch",
    "id": "st_1",
    "status": "completed",
    "url": "https://a.example/",
    "content": "x",
}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}
NEW = {"type": "openrouter:from_the_future", "id": "n_1", "insight": 1}


def stored(turn, **options):
    return [row.kind for row in rows_of(turn, **{"reasoning": True, "tools": True, **options})]


def sent(turn, slug, model=None):
    """The types of the items that go to a model with the next question."""
    found = record_of(turn.turn_id, turn.model, "", rows_of(turn, reasoning=True, tools=True))
    assert found is not None
    messages = [user("q"), {"role": "assistant", "content": "Yes."}]
    found = replace(found, fingerprint=fingerprint_of_turn([user("q")], found.items))
    messages.append(user("and now?"))
    answers = stored_answers(messages, [found], PLAIN)
    (span,) = spans_of(matches_of(messages, answers), messages, slug, model, reasoning="conversation")
    return [item["type"] for item in span.items], span.items


def test_they_are_stored_with_the_thinking_before_them():
    turn = record(sealed_thought(), SEARCH, answer("Yes."), FETCH)
    assert stored(turn) == ["reasoning", "web_search_call", "message", "openrouter:web_fetch"]


def test_a_turn_with_words_and_a_server_tool_is_read_as_it_was_written():
    turn = record(FETCH, answer("Yes."))
    rows = rows_of(turn, reasoning=True, tools=True)
    assert [one.item for one in record_of("t", turn.model, "", rows).items] == [FETCH, answer("Yes.")]


def test_without_tool_results_nothing_of_them_is_stored_and_no_thinking_before_them():
    assert stored(record(FETCH, answer("Yes.")), tools=False) == []
    assert stored(record(sealed_thought(), FETCH, answer("Yes.")), tools=False) == []


def test_items_of_a_makers_own_tool_are_not_stored_without_the_turns_thinking():
    assert stored(record(sealed_thought(), SEARCH, answer("Yes.")), reasoning=False) == []
    assert stored(record(sealed_thought(), SEARCH, FETCH, answer("Yes.")), reasoning=False) == [
        "openrouter:web_fetch",
        "message",
    ]


def test_unknown_items_are_stored_under_a_kind_of_their_own_and_never_sent():
    turn = record(NEW, {"type": "refused", "id": "x"}, answer("Yes."))
    assert stored(turn) == [OTHER, OTHER, "message"]
    assert sent(turn, OPENAI)[0] == ["message"]


def test_a_release_that_knows_a_type_reads_it_from_rows_of_one_that_did_not():
    rows = rows_of(record(FETCH, answer("Yes.")), reasoning=True, tools=True)
    older = [replace(row, kind=OTHER) if row.kind != "message" else row for row in rows]
    assert record_of("t", OPENAI, "", older).whole


@pytest.mark.parametrize("slug", [OPENAI, CLAUDE])
def test_items_of_openrouters_own_tools_go_back_to_every_model(slug):
    assert sent(record(FETCH, answer("Yes.")), slug)[1][0] == FETCH


def test_items_of_a_makers_own_tool_go_back_to_models_of_that_maker_alone():
    turn = record(SEARCH, answer("Yes."))
    assert sent(turn, OPENAI)[0] == ["web_search_call", "message"]
    assert sent(turn, CLAUDE)[0] == ["message"]


def test_they_go_back_only_with_the_thinking_they_may_be_tied_to():
    turn = record(sealed_thought(), SEARCH, FETCH, answer("Yes."))
    assert sent(turn, OPENAI)[0] == ["reasoning", "web_search_call", "openrouter:web_fetch", "message"]
    assert sent(turn, "openai/another")[0] == ["openrouter:web_fetch", "message"]


def test_a_model_without_tools_gets_none_of_them():
    mute = Model(CLAUDE, "C", supported_parameters=frozenset({"temperature"}))
    assert sent(record(FETCH, answer("Yes.")), CLAUDE, mute)[0] == ["message"]


def test_chat_completions_get_none_of_them_and_no_thinking_that_led_to_them():
    items = (user("q"), sealed_thought(), FETCH, sealed_thought("b"), answer("Yes."))
    kinds = [item.get("type") for item in taken_by(Endpoint.CHAT, items)]
    assert kinds == [None, "message"]
    assert taken_by(Endpoint.RESPONSES, items) is items
    plain = (user("q"), sealed_thought(), answer("Yes."))
    assert taken_by(Endpoint.CHAT, plain) is plain


def test_a_history_that_upstream_refused_heals_without_them():
    items = ({"type": "message", **user("q")}, sealed_thought(), SEARCH, FETCH, answer("Yes."))
    assert [item["type"] for item in as_plain(items)] == ["message", "message"]
    kinds = [item["type"] for item in without_thinking(items, with_calls=True)]
    assert kinds == ["message", "openrouter:web_fetch", "message"]


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        (FETCH, FETCH),
        ({**FETCH, "content": "x" * (MOST_CHARACTERS + 1)}, {"type": FETCH["type"]}),
        ({**FETCH, "status": 7}, FETCH),
        ({**FETCH, "status": ["x"]}, FETCH),
        ({"type": "x" * 500, "a": 1}, {"type": "x" * 100}),
        ({"type": "shell_call", "id": "s", "status": "completed"}, {"type": "shell_call"}),
    ],
)
def test_what_is_kept_of_an_item_is_bounded(item, kept):
    assert kept_form(item) == kept


def test_pictures_of_code_are_left_out_and_its_output_stays():
    image = {"type": "image", "url": "data:image/png;base64,iVBO"}
    item = {"type": "code_interpreter_call", "id": "c", "status": "completed", "outputs": [image, {"type": "logs"}]}
    assert kept_form(item) == {**item, "outputs": [{"type": "logs"}]}
