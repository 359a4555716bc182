"""Tools that upstream runs: each use is reported when it begins, when it changes and when it ends, and never twice."""

from typing import Any

import pytest

from domain.turn.events import CallFinished
from domain.turn.plan import TurnPlan
from domain.turn.server_tools import Progress
from domain.turn.steps import Persist, ShowImage, ShowServerTool, UnknownTypes
from ports.response_events import (
    Channel,
    EventIgnored,
    ItemAdded,
    ItemDone,
    ItemProgress,
    ItemTextDelta,
    ItemTextDone,
    StreamClosed,
)
from ports.toolbox import ToolResult
from tests.domain.turn.talk import REQUEST, Turn, call, completed, delta, done, failed, incomplete, message, thought

SEARCH = {"type": "openrouter:web_search", "id": "st_tmp_1", "status": "completed"}
FOUND = {**SEARCH, "action": {"type": "search", "query": "red\n bridges"}}
NATIVE = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "red"}}
CODE = {"type": "code_interpreter_call", "id": "ci_1", "status": "in_progress"}
RAN, WENT_WRONG, RUNS = Progress.COMPLETED, Progress.FAILED, Progress.RUNNING


def told(turn: Turn) -> list[tuple[str, Progress]]:
    return [(shown.report.tool, shown.report.progress) for shown in turn.all(ShowServerTool)]


def test_a_search_is_reported_when_it_begins_and_with_its_query_when_it_ends():
    turn = Turn()
    turn.feed(ItemAdded(0, SEARCH), ItemDone(0, FOUND), delta("Yes", index=1), completed())
    begun, ended = (shown.report for shown in turn.all(ShowServerTool))
    assert (begun.progress, begun.subject) == (RUNS, "")
    assert (ended.progress, ended.subject) == (RAN, "red bridges")


def test_all_reports_of_one_use_have_its_segment_and_none_of_another():
    turn = Turn()
    turn.feed(ItemAdded(0, SEARCH), ItemAdded(1, {**SEARCH, "id": "st_2"}), ItemDone(1, {**SEARCH, "id": "st_2"}))
    turn.feed(ItemDone(0, FOUND), delta("Yes", index=2), completed())
    segments = [shown.segment for shown in turn.all(ShowServerTool)]
    assert segments[0] == segments[3] != segments[1] == segments[2]


def test_stages_that_say_nothing_new_are_not_reported():
    turn = Turn()
    stages = [
        ItemProgress(0, "st_tmp_1", "web_search_call", stage) for stage in ("in_progress", "searching", "completed")
    ]
    turn.feed(ItemAdded(0, SEARCH), *stages, ItemDone(0, FOUND), completed())
    assert told(turn) == [("web_search", RUNS), ("web_search", RAN)]


def test_a_stage_without_an_item_begins_a_use():
    turn = Turn()
    turn.feed(ItemProgress(0, "ws", "web_search_call", "searching"), *done(NATIVE), completed())
    assert told(turn) == [("web_search", RUNS), ("web_search", RAN)]


def test_code_is_reported_once_it_is_whole_and_not_word_by_word():
    turn = Turn()
    pieces = [ItemTextDelta(0, "ci_1", Channel.CODE, piece) for piece in ("print", "(1)")]
    turn.feed(ItemAdded(0, CODE), *pieces, ItemTextDone(0, "ci_1", Channel.CODE, "print(1)"))
    turn.feed(ItemDone(0, {**CODE, "status": "completed", "code": ""}), completed())
    assert [shown.report.code for shown in turn.all(ShowServerTool)] == ["", "print(1)", "print(1)"]
    assert told(turn)[-1] == ("code_interpreter", RAN)


def test_pieces_alone_make_the_whole_text_of_an_item():
    turn = Turn()
    pieces = [ItemTextDelta(0, "ci_1", Channel.CODE, piece) for piece in ("a", "b")]
    turn.feed(ItemAdded(0, CODE), *pieces, ItemTextDone(0, "ci_1", Channel.CODE, ""), completed())
    assert turn.all(ShowServerTool)[-1].report.code == "ab"


def test_an_item_of_the_terminal_event_alone_begins_and_ends_there():
    turn = Turn()
    turn.feed(completed(FOUND, message("Yes")))
    assert told(turn) == [("web_search", RAN)]
    assert turn.text == "Yes"


def test_a_tool_that_upstream_never_finished_ends_with_the_response():
    turn = Turn()
    turn.feed(ItemAdded(0, SEARCH), delta("Yes", index=1), completed())
    assert told(turn) == [("web_search", RUNS), ("web_search", RAN)]


@pytest.mark.parametrize("end", [incomplete("max_output_tokens"), failed()])
def test_a_tool_that_broke_off_with_the_response_has_failed(end):
    turn = Turn()
    turn.feed(ItemAdded(0, SEARCH), delta("Yes", index=1), end)
    assert told(turn) == [("web_search", RUNS), ("web_search", WENT_WRONG)]


@pytest.mark.parametrize(
    "events",
    [
        [ItemDone(0, FOUND), ItemAdded(0, SEARCH)],
        [ItemDone(0, FOUND), ItemDone(0, {**FOUND, "id": "other"})],
        [ItemDone(0, FOUND), ItemDone(0, {**FOUND, "status": "failed"})],
        [ItemDone(0, {**FOUND, "id": ""}), ItemAdded(0, {**SEARCH, "id": ""})],
        [ItemDone(0, FOUND), ItemProgress(0, "other", "web_search_call", "searching")],
        [ItemProgress(0, "ws", "web_search_call", "searching"), ItemDone(0, FOUND), ItemDone(0, FOUND)],
        [ItemAdded(0, {**NATIVE, "id": "st_tmp_1"}), ItemDone(0, FOUND)],
        [ItemAdded(0, {**SEARCH, "id": "first"}), ItemDone(0, FOUND)],
    ],
)
def test_items_that_contradict_each_other_show_one_end(events):
    turn = Turn()
    turn.feed(*events, completed({**FOUND, "id": "third"}))
    assert [progress for _, progress in told(turn) if progress is not RUNS] == [RAN]
    assert len(set(told(turn))) == len(told(turn))


def test_two_tools_at_one_place_are_two():
    turn = Turn()
    turn.feed(
        ItemAdded(0, SEARCH), ItemAdded(0, CODE), ItemDone(0, {**CODE, "status": "completed"}), ItemDone(0, FOUND)
    )
    turn.feed(completed())
    assert [tool for tool, progress in told(turn) if progress is RAN] == ["code_interpreter", "web_search"]


def test_a_verdict_has_no_beginning():
    armor = {
        "type": "openrouter:armor_blocked",
        "id": "a",
        "status": "completed",
        "name": "send",
        "reason": "injection",
    }
    turn = Turn()
    turn.feed(ItemAdded(0, armor), ItemDone(0, armor), delta("No", index=1), completed())
    assert told(turn) == [("armor_blocked", RAN)]


# --- answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item", [FOUND, NATIVE, {**CODE, "status": "completed"}, {"type": "openrouter:new", "id": "n"}]
)
def test_an_answer_made_only_of_a_server_tool_is_an_answer(item):
    turn = Turn()
    turn.feed(ItemAdded(0, item), ItemDone(0, item), completed())
    assert turn.end.fault is None


def test_without_a_terminal_event_a_finished_server_tool_is_an_answer_too():
    turn = Turn()
    turn.feed(ItemDone(0, FOUND), StreamClosed(said_done=True))
    assert turn.end.fault is None


def test_a_turn_whose_only_server_tool_failed_ends_with_a_fault_that_names_it():
    turn = Turn()
    turn.feed(ItemDone(0, {**SEARCH, "status": "failed", "error": "no engine"}), completed())
    assert turn.fault == "SERVER_TOOL"
    assert turn.end.fault.detail == "web_search: no engine"


def test_a_picture_that_never_came_is_no_answer():
    turn = Turn()
    turn.feed(ItemDone(0, {"type": "image_generation_call", "id": "i", "status": "completed", "result": None}))
    turn.feed(completed())
    assert turn.fault == "EMPTY"


def test_words_beside_a_failed_server_tool_are_an_answer():
    turn = Turn()
    turn.feed(ItemDone(0, {**SEARCH, "status": "failed"}), delta("I could not search.", index=1), completed())
    assert turn.end.fault is None


def test_pictures_that_code_drew_are_shown_once():
    url = "data:image/png;base64,iVBO"
    outputs = [{"type": "image", "url": url}, {"type": "image", "url": "javascript:x"}, {"type": "logs", "logs": "1"}]
    item = {**CODE, "status": "completed", "outputs": outputs}
    turn = Turn()
    turn.feed(ItemDone(0, item), completed(item))
    assert [shown.url for shown in turn.all(ShowImage)] == [url]


@pytest.mark.parametrize("key", ["result", "imageUrl", "image_url", "imageB64", "image_b64"])
@pytest.mark.parametrize("picture", ["iVBORw0K", "data:image/png;base64,iVBORw0K"])
def test_a_drawn_picture_is_shown_and_not_kept_however_upstream_spells_its_field(key, picture):
    item = {"type": "openrouter:image_generation", "id": "i", "status": "completed", "prompt": "red", key: picture}
    turn = Turn()
    turn.feed(ItemDone(0, item), delta("Yes", index=1), completed())
    assert [shown.url for shown in turn.all(ShowImage)] == [picture]
    assert "data:" not in str(turn.kept[0])
    assert turn.kept[0]["prompt"] == "red"


def test_partial_pictures_are_progress_and_the_final_one_is_shown_once():
    item = {"type": "image_generation_call", "id": "ig_1", "status": "generating", "result": "iVBO"}
    turn = Turn()
    partial = ItemProgress(0, "ig_1", "image_generation_call", "partial_image")
    turn.feed(
        ItemAdded(0, {**item, "result": None}), partial, partial, ItemDone(0, item), completed({**item, "result": ""})
    )
    assert len(turn.all(ShowImage)) == 1
    assert told(turn) == [("image_generation", RUNS), ("image_generation", RAN)]


# --- what is kept ----------------------------------------------------------------------------------------------


def test_items_of_server_tools_are_kept_as_received():
    turn = Turn()
    turn.feed(*done(thought("Hm")), ItemDone(1, FOUND), *done(message("Yes")), completed())
    (persist,) = turn.all(Persist)
    assert persist.items[1].item == FOUND


@pytest.mark.parametrize(
    "item",
    [
        {"type": "image_generation_call", "id": "i", "status": "completed", "result": "iVBO"},
        {**FOUND, "action": {"type": "search", "query": "q" * 40_000}},
        {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}},
    ],
)
def test_of_what_cannot_go_back_only_the_position_is_kept(item):
    turn = Turn()
    turn.feed(ItemDone(0, item), *done(thought(), message("Yes"))[1:], completed())
    assert turn.kept[0] == {"type": item["type"]}


@pytest.mark.parametrize("stale", ["in_progress", "searching", None])
def test_a_finished_item_is_kept_as_completed_whatever_status_it_was_left_with(stale):
    turn = Turn()
    turn.feed(ItemDone(0, {**FOUND, "status": stale}), *done(message("Yes"))[1:], completed())
    assert turn.kept[0] == {**FOUND, "status": "completed"}


def test_an_item_of_a_maker_that_is_finished_without_its_id_keeps_the_one_it_began_with():
    bare = {"type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}
    turn = Turn()
    turn.feed(ItemAdded(0, {"type": "web_search_call", "id": "ws_1"}), ItemDone(0, bare), completed())
    assert turn.kept[0] == {**bare, "id": "ws_1"}


def test_pictures_and_screenshots_are_never_kept():
    drawn = {
        "type": "openrouter:image_generation",
        "id": "i",
        "status": "completed",
        "imageB64": "iVBO",
        "prompt": "red",
    }
    seen = {"type": "openrouter:browser_use", "id": "b", "status": "completed", "screenshotB64": "iVBO"}
    turn = Turn()
    turn.feed(ItemDone(0, drawn), ItemDone(1, seen), delta("Yes", index=2), completed())
    assert "iVBO" not in str(turn.kept)
    assert [item["type"] for item in turn.kept[:2]] == [drawn["type"], seen["type"]]


def test_items_of_server_tools_go_back_in_the_next_round():
    turn = Turn(TurnPlan(REQUEST, runnable=frozenset({"look"})))
    turn.feed(ItemDone(0, FOUND), ItemDone(1, call()), completed(), CallFinished("call_1", ToolResult("seen")))
    assert FOUND in turn.attempts[-1].request.body.input


# --- what nobody knows -----------------------------------------------------------------------------------------


def test_unknown_types_are_reported_once_an_attempt_and_the_items_kept():
    new: dict[str, Any] = {"type": "openrouter:from_the_future", "id": "n", "insight": {"colour": "red"}}
    turn = Turn()
    turn.feed(ItemAdded(0, {"type": new["type"]}), ItemDone(0, new), delta("Yes", index=1))
    turn.feed(EventIgnored("response.new", 2, unknown=True), EventIgnored("response.new", unknown=True))
    turn.feed(EventIgnored("unreadable"), EventIgnored("keep_alive"), completed(new))
    assert turn.all(UnknownTypes) == [UnknownTypes(("response.new",), (new["type"],))]
    assert turn.kept[0] == new
    assert turn.end.ignored_events == 5


def test_an_unknown_item_alone_of_another_maker_is_no_answer_and_no_call():
    turn = Turn()
    turn.feed(ItemDone(0, {"type": "dream", "id": "d"}), completed())
    assert turn.fault == "EMPTY"
