"""What people read: text, refusals, sources and images, each once and in order."""

from typing import Any

from domain.turn.answer import Answer
from domain.turn.citations import Citations
from domain.turn.merge import merged
from domain.turn.steps import (
    CallUpstream,
    ClearTimer,
    Ended,
    Finish,
    Reason,
    ShowCitation,
    ShowImage,
    ShowLogprobs,
    ShowText,
    Step,
)
from ports.response_events import (
    AnnotationAdded,
    EventIgnored,
    ItemAdded,
    ItemDone,
    RefusalDelta,
    RefusalDone,
    TextDone,
)
from tests.domain.turn.talk import COST, STARTED, Turn, call, completed, delta, done, message


def test_a_turn_calls_upstream_at_once_when_it_begins():
    turn = Turn()
    assert [attempt.after for attempt in turn.attempts] == [0.0]


def test_text_is_shown_as_it_comes():
    turn = Turn()
    turn.feed(STARTED)
    assert turn.feed(delta("Two "))[-1] == ShowText(0, "Two ")
    assert turn.feed(delta("bugs")) == [ShowText(0, "bugs")]


def test_a_plain_answer_ends_with_stop():
    turn = Turn()
    turn.feed(STARTED, delta("Two bugs"), *done(message("Two bugs")), completed(usage=COST))
    assert turn.text == "Two bugs"
    assert (turn.end.reason, turn.end.fault, turn.end.shown) == (Reason.STOP, None, True)
    assert (turn.end.response_id, turn.end.model) == ("gen-1", "maker/answering")


def test_the_end_is_the_last_output_and_settlement_begins_with_it():
    turn = Turn()
    steps = turn.feed(delta("a"), completed())
    assert [type(step) for step in steps[-2:]] == [Ended, Finish]


def test_deltas_that_arrive_together_become_one_output():
    turn = Turn()
    steps = turn.feed(delta("a"), delta("b"), delta("c"))
    assert [step for step in steps if isinstance(step, ShowText)] == [ShowText(0, "abc")]


def test_pieces_of_two_items_stay_apart():
    turn = Turn()
    steps = turn.feed(delta("a"), delta("b", index=1, item_id="msg_2"))
    assert steps[-2:] == [ShowText(0, "a"), ShowText(1, "b")]


def test_two_parts_of_one_message_are_two_paragraphs():
    turn = Turn()
    turn.feed(delta("a"), delta("b", part=1), *done(message("a", "b")), completed())
    assert turn.text == "a\n\nb"


def test_text_is_shown_once_when_it_comes_only_as_a_whole():
    turn = Turn()
    turn.feed(TextDone(0, "msg_1", 0, "Two bugs"), *done(message("Two bugs")), completed(message("Two bugs")))
    assert turn.text == "Two bugs"


def test_text_is_shown_once_when_it_comes_only_with_the_finished_item():
    turn = Turn()
    turn.feed(*done(message("Two bugs")), completed())
    assert turn.text == "Two bugs"


def test_text_is_shown_once_when_it_comes_only_with_the_terminal_event():
    turn = Turn()
    turn.feed(STARTED, completed(message("Two bugs")))
    assert (turn.text, turn.end.reason) == ("Two bugs", Reason.STOP)


def test_text_missing_from_the_deltas_is_added():
    turn = Turn()
    turn.feed(delta("Two"), TextDone(0, "msg_1", 0, "Two b"), *done(message("Two bugs")), completed())
    assert turn.text == "Two bugs"


def test_a_complete_text_that_contradicts_the_deltas_withdraws_nothing():
    turn = Turn()
    turn.feed(delta("Two bugs"), TextDone(0, "msg_1", 0, "Three bugs"), completed(message("Three bugs")))
    assert turn.text == "Two bugs"


def test_a_message_with_another_id_in_the_terminal_event_is_not_shown_again():
    turn = Turn()
    turn.feed(delta("Two bugs"), *done(message("Two bugs")), completed(message("Two bugs", item_id="msg_9")))
    assert turn.text == "Two bugs"


def test_a_terminal_event_that_lists_only_the_last_message_adds_nothing():
    turn = Turn()
    turn.feed(*done(message("One"), message("Two", item_id="msg_2")), completed(message("Two", item_id="msg_2")))
    assert turn.text == "One|Two"


def test_a_message_that_only_the_terminal_event_lists_is_added():
    turn = Turn()
    turn.feed(*done(message("One")), completed(message("One"), message("Two", item_id="msg_2")))
    assert turn.text == "One|Two"


def test_an_item_without_an_id_is_known_by_its_place_in_the_terminal_event():
    turn = Turn()
    one, two = message("One", item_id=""), message("Two", item_id="")
    turn.feed(delta("Tw", index=1, item_id=""), completed(one, two))
    assert sorted(turn.text.split("|")) == ["One", "Two"]


def test_a_place_used_again_by_another_item_opens_a_new_one():
    turn = Turn()
    turn.feed(*done(message("One")), ItemAdded(0, message(item_id="msg_2")), delta("Two", item_id="msg_2"))
    assert turn.text == "One|Two"


def test_an_item_added_at_a_finished_place_without_any_id_opens_a_new_one():
    turn = Turn()
    first, second = message("One", item_id=""), message("Two", item_id="")
    turn.feed(ItemDone(0, first), ItemAdded(0, message(item_id="")), ItemDone(0, second), completed())
    assert turn.text == "One|Two"


def test_a_finished_item_repeated_is_not_shown_again():
    turn = Turn()
    turn.feed(*done(message("One")), *done(message("One")), TextDone(0, "msg_1", 0, "One"), completed())
    assert turn.text == "One"


def test_a_refusal_is_read_like_text():
    turn = Turn()
    item = {"type": "message", "id": "msg_1", "content": [{"type": "refusal", "refusal": "I will not."}]}
    turn.feed(RefusalDelta(0, "msg_1", 0, "I will"), RefusalDone(0, "msg_1", 0, "I will not."), ItemDone(0, item))
    turn.feed(completed(item))
    assert (turn.text, turn.end.reason) == ("I will not.", Reason.STOP)


def test_a_refusal_that_comes_only_with_the_item_is_shown():
    turn = Turn()
    item = {"type": "message", "id": "msg_1", "content": [{"type": "refusal", "refusal": "I will not."}]}
    turn.feed(ItemDone(0, item), completed())
    assert turn.text == "I will not."


def test_a_source_is_cited_once_per_turn():
    turn = Turn()
    flat = {"type": "url_citation", "url": "https://a.example/x", "title": "A", "content": "excerpt"}
    nested = {"type": "url_citation", "url_citation": {"url": "https://b.example/", "title": ""}}
    item = {**message("text"), "content": [{"type": "output_text", "text": "text", "annotations": [flat, nested]}]}
    turn.feed(delta("text"), AnnotationAdded(0, "msg_1", 0, flat), ItemDone(0, item), completed(item))
    assert turn.all(ShowCitation) == [
        ShowCitation("https://a.example/x", "A", "excerpt"),
        ShowCitation("https://b.example/", "https://b.example/"),
    ]


def test_the_tracking_parameter_is_stripped_from_a_source():
    turn = Turn()
    for url in ("https://a.example/?utm_source=openai", "https://a.example/?p=1&utm_source=openai"):
        turn.feed(AnnotationAdded(0, "msg_1", 0, {"type": "url_citation", "url": url}))
    assert [source.url for source in turn.all(ShowCitation)] == ["https://a.example/", "https://a.example/?p=1"]


def test_a_picture_is_shown_from_whatever_field_holds_it():
    turn = Turn()
    bare = {"type": "image_generation_call", "id": "ig_1", "result": "iVBO"}
    address = {"type": "openrouter:image_generation", "id": "ig_2", "imageUrl": "https://a.example/p.png"}
    turn.feed(*done(bare, address), completed())
    assert [image.url for image in turn.all(ShowImage)] == ["iVBO", "https://a.example/p.png"]
    assert turn.end.reason is Reason.STOP


def test_a_picture_emptied_in_the_terminal_event_is_kept():
    turn = Turn()
    item = {"type": "image_generation_call", "id": "ig_1", "result": "iVBO"}
    turn.feed(*done(item), completed({**item, "result": None}))
    assert len(turn.all(ShowImage)) == 1


def test_a_picture_that_only_the_terminal_event_has_is_shown():
    turn = Turn()
    item = {"type": "image_generation_call", "id": "ig_1", "result": None}
    turn.feed(*done(item), completed({**item, "result": "iVBO"}))
    assert [image.url for image in turn.all(ShowImage)] == ["iVBO"]


def test_the_turn_lets_go_of_a_picture_once_it_is_shown():
    answer = Answer(0, Citations())
    picture = "iVBO" * 100
    answer.finish_item(0, {"type": "image_generation_call", "id": "ig_1", "result": picture}, 0.0)
    assert picture not in str(answer.items)


FILES: list[dict[str, Any]] = [
    {"type": "file_citation", "file_id": "f1", "filename": "plan.pdf", "index": 3},
    {"type": "container_file_citation", "file_id": "f2", "container_id": "c1", "filename": "sum.csv"},
]


def test_files_are_cited_by_their_names_once_each_in_the_order_of_the_text():
    turn = Turn()
    link: dict[str, Any] = {"type": "url_citation", "url": "https://a.example/", "title": "A"}
    for annotation in (FILES[1], link, FILES[0], FILES[1], {**FILES[0], "index": 9}):
        turn.feed(AnnotationAdded(0, "msg_1", 0, annotation))
    cited = [(source.url, source.title) for source in turn.all(ShowCitation)]
    assert cited == [("", "sum.csv"), ("https://a.example/", "A"), ("", "plan.pdf")]


def test_a_path_of_a_file_is_cited_only_if_its_name_is_known():
    turn = Turn()
    turn.feed(AnnotationAdded(0, "msg_1", 0, {"type": "file_path", "file_id": "f1", "index": 0}))
    assert turn.all(ShowCitation) == []


def test_a_file_that_chat_completions_nest_is_cited_too():
    turn = Turn()
    nested = {"type": "file_citation", "file_citation": {"file_id": "f1", "filename": "plan.pdf"}}
    turn.feed(AnnotationAdded(0, "msg_1", 0, nested))
    assert [source.title for source in turn.all(ShowCitation)] == ["plan.pdf"]


def test_unknown_events_are_counted():
    turn = Turn()
    turn.feed(EventIgnored("keep_alive"), EventIgnored("unreadable", 3), delta("a"), completed())
    assert turn.end.ignored_events == 4


def test_what_follows_the_end_changes_nothing():
    turn = Turn()
    turn.feed(delta("a"), completed())
    assert turn.feed(delta("b"), completed(call()), STARTED) == []


def test_the_first_sign_of_output_stops_the_waiting_lines():
    turn = Turn()
    assert turn.feed(delta("a"))[0] == ClearTimer("waiting")


def test_other_outputs_separate_two_pieces_of_text():
    pieces: list[Step] = [ShowText(0, "a"), ClearTimer("x"), ShowText(0, "b"), ShowText(0, "c")]
    assert merged(pieces) == [ShowText(0, "a"), ClearTimer("x"), ShowText(0, "bc")]


def test_only_upstream_is_called_until_it_answers():
    turn = Turn()
    turn.feed(STARTED)
    assert len(turn.all(CallUpstream)) == 1


def weighed(text: str, *logprobs: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": list(logprobs)}
    return {**message(text), "content": [part]}


def test_probabilities_of_tokens_follow_their_text():
    entry = {"token": "Two", "logprob": -0.5, "bytes": [84, 119, 111], "top_logprobs": []}
    turn = Turn()
    turn.feed(delta("Two"))
    assert turn.feed(*done(weighed("Two", entry, {"token": 3}, "x", {"logprob": 1}))) == [ShowLogprobs(0, (entry,))]
    turn.feed(completed())
    (item,) = turn.kept
    assert item["content"][0]["logprobs"] == []


def test_probabilities_of_a_text_of_which_something_is_left_out_are_not_shown():
    entry = {"token": "secret", "logprob": -0.5}
    turn = Turn()
    turn.feed(delta("Two"), *done(weighed("Three", entry)), completed())
    assert not [step for step in turn.steps if isinstance(step, ShowLogprobs)]


def test_probabilities_of_a_long_text_come_in_parts():
    entries: list[dict[str, Any]] = [
        {"token": str(number), "logprob": -1.0, "bytes": None, "top_logprobs": []} for number in range(120)
    ]
    turn = Turn()
    steps = turn.feed(delta("Two"), *done(weighed("Two", *entries)))
    parts = [step.tokens for step in steps if isinstance(step, ShowLogprobs)]
    assert [len(part) for part in parts] == [50, 50, 20]
    assert [entry for part in parts for entry in part] == entries
