"""Stored turns replace messages of a history: exactly if unchanged, valid for upstream in every other case."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.placeholders import MAY_HAVE_RUN, NOT_IN_HISTORY
from domain.conversation.record import record_of, rows_of
from domain.conversation.references import call_reference
from domain.conversation.replay import outlived
from domain.conversation.replayed_items import distinct_calls
from domain.conversation.stored_answers import stored_answers
from entrypoints.openwebui.history_format import OPEN_WEBUI, marker_line
from tests.domain.conversation.fingerprints import fingerprint_of_turn
from tests.domain.conversation.histories import spans, wanted
from tests.domain.conversation.host_shapes import HOSTS, NATIVE, returned, user
from tests.domain.conversation.kept_turns import (
    CLAUDE,
    OPENAI,
    answer,
    call,
    output,
    record,
    sealed_thought,
    signed_thought,
    tool_turn,
    ulid,
)
from tests.examples import examples
from tests.tables import each

LONG = "r" * 9000


def history(host, *turns):
    """Return a history of questions and answers with one more question, and the turns as the store returns them."""
    messages, found = [], []
    for number, turn in enumerate(turns):
        messages.append(user(f"question {number}"))
        found.append(replace(turn, fingerprint=fingerprint_of_turn(messages, turn.items)))
        messages += returned(host, turn)
    return [*messages, user("and now?")], found


def raw(turn):
    return tuple(kept.item for kept in turn.items)


def kinds(span) -> list[str]:
    return [item["type"] for item in span.items]


def texts(span) -> list[str]:
    return [item["content"] for item in span.items if item["type"] == "message"]


def paired(span) -> bool:
    calls = [item["call_id"] for item in span.items if item["type"] == "function_call"]
    outputs = [item["call_id"] for item in span.items if item["type"] == "function_call_output"]
    return len(set(calls)) == len(calls) and sorted(calls) == sorted(outputs)


# --- unchanged turns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("model", [OPENAI, CLAUDE])
def test_unchanged_turns_are_sent_exactly_as_received(host, model):
    turns = [tool_turn(1, model, LONG), record(sealed_thought("x"), answer("Plain.", "x"), number=2, model=model)]
    messages, found = history(host, *turns)
    made = spans(messages, found, model)
    assert [span.items for span in made] == [raw(turn) for turn in turns]
    assert [(span.start, span.stop, span.turn_ids) for span in made] == [
        (1, messages.index(user("question 1")), (ulid(1),)),
        (messages.index(user("question 1")) + 1, len(messages) - 1, (ulid(2),)),
    ]
    assert all(span.with_reasoning for span in made)


@pytest.mark.parametrize("host", HOSTS)
def test_everything_needed_is_looked_up_at_once(host):
    messages, found = history(host, tool_turn(1), tool_turn(2))
    want = wanted(messages)
    by_name = host != "api"
    assert set(want.turn_ids) == ({ulid(1), ulid(2)} if by_name else set())
    assert by_name or set(want.fingerprints) == {turn.fingerprint for turn in found}
    assert wanted(messages, by_fingerprint=False).fingerprints == ()


@pytest.mark.parametrize("host", HOSTS)
def test_history_without_records_is_not_changed(host):
    messages, _ = history(host, tool_turn(1))
    assert spans(messages, [], OPENAI) == ()
    assert spans([], [tool_turn(1)], OPENAI) == ()


@pytest.mark.parametrize("host", ["0.12.4", "0.10.2"])
def test_answer_without_a_reference_belongs_to_the_turn_whose_text_it_continues(host):
    turn = record(sealed_thought(), answer("I look."), call("c"), output("c"), answer("There.", "b"))
    messages, found = history(host, turn)
    assert "reasoning_details" not in messages[-2]
    assert [span.items for span in spans(messages, found, OPENAI)] == [raw(turn)]


@pytest.mark.parametrize("host", NATIVE)
def test_answer_without_a_reference_and_with_another_text_is_not_replaced(host):
    turn = record(sealed_thought(), call("c"), output("c", LONG), answer("There.", "b"))
    messages, found = history(host, turn)
    messages[-2] = {"role": "assistant", "content": "Elsewhere."}
    (span,) = spans(messages, found, OPENAI)
    assert span.stop == len(messages) - 2
    assert kinds(span) == ["function_call", "function_call_output"]
    assert span.items[1]["output"] == LONG


def test_two_turns_joined_in_one_message_are_both_restored_in_order():
    first, second = (
        record(sealed_thought("a"), answer("One", "a")),
        record(sealed_thought("b"), answer("two.", "b"), number=2),
    )
    details = [*returned("0.12.4", first)[0]["reasoning_details"], *returned("0.12.4", second)[0]["reasoning_details"]]
    messages = [user("q"), {"role": "assistant", "content": "One\ntwo.", "reasoning_details": details}, user("r")]
    (span,) = spans(messages, [second, first], OPENAI)
    assert span.items == (*raw(first), *raw(second))


# --- edited turns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", NATIVE)
def test_edited_turn_has_the_text_of_the_host_and_the_outputs_of_the_store(host):
    messages, found = history(host, tool_turn(1, result=LONG))
    messages[-2]["content"] = messages[-2]["content"].replace("there", "gone")
    (span,) = spans(messages, found, OPENAI)
    assert "reasoning" not in kinds(span)
    assert not span.with_reasoning
    assert [text.strip() for text in texts(span)] == ["I look.", "It is **gone**.\n\n- yes"]
    assert [item["output"] for item in span.items if item["type"] == "function_call_output"] == [LONG, "found"]
    assert paired(span)
    assert all("id" not in item for item in span.items)


def test_edited_turn_of_0_6_has_its_calls_at_the_position_of_the_first_block():
    messages, found = history("0.6.28", tool_turn(1, result=LONG))
    messages[1]["content"] = messages[1]["content"].replace("I look.", "I searched.")
    (span,) = spans(messages, found, OPENAI)
    assert kinds(span) == ["message", *["function_call"] * 2, *["function_call_output"] * 2, "message"]
    assert texts(span)[0].strip() == "I searched."
    assert texts(span)[1].strip() == "It is **there**.\n\n- yes"
    assert span.items[3]["output"] == LONG


def test_calls_that_a_person_removed_from_a_text_of_0_6_are_not_restored():
    messages, found = history("0.6.28", tool_turn(1))
    messages[1]["content"] = f"{marker_line(ulid(1))}\n\nJust this."
    (span,) = spans(messages, found, OPENAI)
    assert [text.strip() for text in texts(span)] == ["Just this."]
    assert kinds(span) == ["message"]


def test_edited_answer_of_an_api_client_is_not_recognised():
    messages, found = history("api", tool_turn(1))
    messages[1]["content"] += " no"
    assert spans(messages, found, OPENAI) == ()


# --- stops and failures -----------------------------------------------------------------------------------------


STOPPED = record(sealed_thought("a"), call("c"), output("c", "Not completed: the turn was stopped."))


def test_calls_that_0_12_dropped_after_a_stop_are_restored():
    messages, _ = history("0.12.4", STOPPED)
    details = messages[1]["reasoning_details"]
    messages[1:3] = [{"role": "assistant", "content": "", "reasoning_details": details}]
    (span,) = spans(messages, [STOPPED], OPENAI)
    assert span.items == raw(STOPPED)


def test_empty_message_of_0_10_after_a_stop_is_not_replaced():
    messages = [user("q"), {"role": "assistant", "content": ""}, user("r")]
    assert spans(messages, [STOPPED], OPENAI) == ()


def test_unpaired_calls_of_0_8_after_a_stop_get_an_output():
    messages, _ = history("0.8.12", STOPPED)
    del messages[2]
    (span,) = spans(messages, [STOPPED], OPENAI)
    assert span.items == raw(STOPPED)


def test_text_cut_by_the_host_is_sent_as_the_host_has_it():
    turn = record(sealed_thought("a"), answer("A long answer that was stopped"))
    messages, _ = history("0.12.4", turn)
    messages[1]["content"] = "A long answer"
    (span,) = spans(messages, [turn], OPENAI)
    assert span.items == ({"type": "message", "role": "assistant", "content": "A long answer"},)


def test_output_of_an_unfinished_call_reports_that_its_result_is_unknown():
    turn = record(call("c"), output("c"), call("d"), answer("Never said."))
    shown = call_reference(ulid(1), 2)
    turn = replace(turn, items=(*turn.items[:2], replace(turn.items[2], shown=shown), turn.items[3]))
    messages, _ = history("0.8.12", turn)
    messages[-2]["content"] = "Edited."
    (span,) = spans(messages, [turn], OPENAI, unknown={shown: MAY_HAVE_RUN})
    outputs = [item["output"] for item in span.items if item["type"] == "function_call_output"]
    assert outputs == ["found", MAY_HAVE_RUN]


# --- calls the caller runs ----------------------------------------------------------------------------------------


def handed_over():
    return record(signed_thought("a"), answer("I look.", "a"), call("c"), call("d"), model=CLAUDE)


def test_thinking_before_handed_over_calls_is_sent_with_the_outputs_of_the_caller():
    turn = handed_over()
    messages, found = history("api", turn)
    results = [{"role": "tool", "tool_call_id": name, "content": f"result {name}"} for name in ("d", "c")]
    messages[2:] = results
    (span,) = spans(messages, found, CLAUDE)
    assert (span.start, span.stop) == (1, 4)
    assert span.items == (*raw(turn), output("c", "result c"), output("d", "result d"))


def test_call_that_the_caller_never_ran_gets_a_placeholder():
    messages, found = history("api", handed_over())
    (span,) = spans(messages, found, CLAUDE)
    assert [item["output"] for item in span.items[-2:]] == [NOT_IN_HISTORY, NOT_IN_HISTORY]


def test_each_round_of_a_callers_tool_loop_is_a_turn():
    first, second = handed_over(), replace(record(signed_thought("z"), answer("Done.", "z"), number=2, model=CLAUDE))
    messages, found = history("api", first)
    messages[2:] = [{"role": "tool", "tool_call_id": name, "content": name} for name in ("c", "d")]
    second = replace(second, fingerprint=fingerprint_of_turn(messages, second.items))
    messages += [*returned("api", second), user("thanks")]
    made = spans(messages, [*found, second], CLAUDE)
    assert [span.turn_ids for span in made] == [(ulid(1),), (ulid(2),)]
    assert made[1].items == raw(second)


def test_answer_that_two_conversations_share_is_not_recognised():
    turn = record(sealed_thought("a"), answer("Yes.", "a"))
    messages, found = history("api", turn)
    assert spans(messages, [*found, replace(found[0], turn_id=ulid(9))], OPENAI) == ()


def test_equal_answers_to_equal_questions_in_one_history_are_matched_by_order():
    same = [{"role": "user", "content": "more"}, {"role": "assistant", "content": "Yes."}]
    messages = [*same, *same, *same, user("end")]
    print_ = fingerprint_of_turn(messages[:5], record(answer("Yes.")).items)
    turns = [record(sealed_thought(str(n)), answer("Yes."), number=n, fingerprint=print_) for n in (2, 1)]
    made = spans(messages, turns, OPENAI)
    assert [(span.start, span.turn_ids) for span in made] == [(3, (ulid(1),)), (5, (ulid(2),))]


# --- models and thinking ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS)
def test_another_model_gets_everything_except_thinking_and_ids_bound_to_it(host):
    messages, found = history(host, tool_turn(1))
    (span,) = spans(messages, found, CLAUDE)
    assert kinds(span) == [kind for kind in [kept.item["type"] for kept in found[0].items] if kind != "reasoning"]
    assert texts(span) == ["I look.", "It is **there**.\n\n- yes"]
    assert not span.with_reasoning
    assert all("id" not in item for item in span.items)


def test_phase_of_a_message_is_kept_with_its_text():
    turn = record(sealed_thought(), {**answer("Yes.", "a"), "phase": "final_answer"})
    messages, found = history("0.12.4", turn)
    (span,) = spans(messages, found, CLAUDE)
    assert span.items == ({"type": "message", "role": "assistant", "phase": "final_answer", "content": "Yes."},)


def modes(mode):
    messages, found = history("0.12.4", tool_turn(1), tool_turn(2), tool_turn(3))
    return [span.with_reasoning for span in spans(messages, found, OPENAI, reasoning=mode)]


def test_thinking_is_sent_as_long_as_the_mode_says():
    assert modes("conversation") == [True, True, True]
    assert modes("next_reply") == [False, False, True]
    assert modes("disabled") == [False, False, False]


def test_thinking_for_the_next_reply_is_kept_for_a_regeneration_only():
    messages, found = history("0.12.4", tool_turn(1), tool_turn(2), tool_turn(3))
    assert outlived(messages, stored_answers(messages, found, OPEN_WEBUI)) == (ulid(1), ulid(2))
    assert outlived(messages[:1], stored_answers(messages[:1], found, OPEN_WEBUI)) == ()
    short, found = history("0.12.4", tool_turn(1))
    assert outlived(short, stored_answers(short, found, OPEN_WEBUI)) == ()


def test_thinking_of_a_callers_running_tool_loop_is_kept_for_the_next_reply():
    messages, found = history("api", handed_over())
    messages[2:] = [{"role": "tool", "tool_call_id": name, "content": name} for name in ("c", "d")]
    (span,) = spans(messages, found, CLAUDE, reasoning="next_reply")
    assert span.with_reasoning


# --- damaged, forged and repeated turns -----------------------------------------------------------------------------


@each("host", HOSTS)
@each("missing", range(8))
def test_turn_with_a_missing_row_has_the_text_of_the_host_and_complete_pairs(host, missing):
    turn = tool_turn(1, result=LONG)
    messages, (whole,) = history(host, turn)
    rows = [row for row in rows_of(whole, reasoning=True, tools=True) if row.ordinal != missing]
    left = record_of(whole.turn_id, whole.model, whole.fingerprint, rows)
    assert left is not None
    made = spans(messages, [left], OPENAI)
    assert len(made) == (0 if host == "api" else 1)
    for span in made:
        assert "reasoning" not in kinds(span)
        assert paired(span)
        said = " ".join(" ".join(texts(span)).split())
        assert said == "I look. It is **there**. - yes"


def test_turn_repeated_in_a_history_is_restored_once():
    messages, found = history("0.12.4", tool_turn(1))
    doubled = [*messages, *messages]
    (span,) = spans(doubled, found, OPENAI)
    assert span.stop < len(messages)


def test_call_ids_shared_by_turns_are_replaced_by_the_ids_of_the_caller():
    first, second = (
        record(sealed_thought(str(n)), call("call_0"), output("call_0"), answer(str(n)), number=n) for n in (1, 2)
    )
    messages, found = history("0.12.4", first, second)
    made = spans(messages, found, OPENAI)
    assert made[0].items[1]["call_id"] == "call_0"
    assert made[1].items[1]["call_id"] == made[1].items[2]["call_id"] == call_reference(ulid(2), 1)
    assert made[1].with_reasoning


def test_call_ids_of_messages_that_are_not_replaced_are_not_reused():
    messages, found = history("0.12.4", tool_turn(1))
    foreign = {"id": "c1", "function": {"name": "x", "arguments": "{}"}}
    messages[:0] = [
        {"role": "assistant", "tool_calls": [foreign]},
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
    ]
    (span,) = spans(messages, found, OPENAI)
    assert span.items[2]["call_id"] == call_reference(ulid(1), 2)


def test_thinking_sealed_under_a_used_id_is_not_sent():
    turns = [record(sealed_thought("same"), answer(str(n), "same"), number=n) for n in (1, 2)]
    messages, found = history("0.12.4", *turns)
    made = spans(messages, found, OPENAI)
    assert [span.with_reasoning for span in made] == [True, False]
    assert made[1].items == (answer("2"),)


def test_thinking_that_is_not_bound_to_its_id_gets_a_new_id():
    turns = [record(signed_thought("same"), answer(str(n), "same"), number=n, model=CLAUDE) for n in (1, 2)]
    messages, found = history("0.12.4", *turns)
    made = spans(messages, found, CLAUDE)
    assert made[1].items == ({**signed_thought("same"), "id": f"rs_{ulid(2)}_0"}, answer("2"))


@pytest.mark.parametrize("wrong", ["reasoning_1", "", None])
def test_thinking_with_an_invalid_id_gets_a_new_id(wrong):
    turn = record({**signed_thought(), "id": wrong}, answer("Yes."), model=CLAUDE)
    messages, found = history("0.12.4", turn)
    assert spans(messages, found, CLAUDE)[0].items[0]["id"] == f"rs_{ulid(1)}_0"


def test_forged_markers_cause_a_bounded_number_of_lookups():
    text = "\n\n".join(marker_line(ulid(number)) for number in range(60))
    messages = [{"role": "assistant", "content": text.replace("0000", f"{n:04d}")} for n in range(500)]
    assert len(wanted(messages).turn_ids) == 2000


def test_markers_in_messages_of_the_person_are_ignored():
    messages = [user(marker_line(ulid(1))), {"role": "system", "content": marker_line(ulid(1))}]
    assert wanted(messages) == wanted([])
    assert spans(messages, [tool_turn(1)], OPENAI) == ()


def test_forged_second_reference_costs_only_the_thinking():
    messages, found = history("0.12.4", tool_turn(1), tool_turn(2))
    messages[-2]["content"] += f"\n\n{marker_line(ulid(1))}"
    made = spans(messages, found, OPENAI)
    assert made[0].items == raw(found[0])
    assert all(paired(span) for span in made)


@pytest.mark.parametrize(
    "junk",
    [None, 3, "x", [], {"role": "assistant"}, {"role": "tool"}, {"role": "assistant", "content": 3, "tool_calls": 4}],
)
def test_invalid_messages_are_ignored(junk):
    messages, found = history("0.12.4", tool_turn(1))
    made = spans([junk, *messages, junk], found, OPENAI)
    assert [span.items for span in made] == [raw(found[0])]
    assert outlived([junk], stored_answers([junk], found, OPEN_WEBUI)) == ()
    assert wanted([junk]) == wanted([])


def test_forged_reference_does_not_remove_thinking_from_the_turn_it_names():
    messages, found = history("0.12.4", tool_turn(1), tool_turn(2))
    messages[1]["content"] = f"{marker_line(ulid(2))}\n\nEdited."
    made = spans(messages, found, OPENAI)
    assert made[1].items == raw(found[1])
    assert made[0].turn_ids == (ulid(1),)


PIECES = [
    *(message for host in HOSTS for message in returned(host, tool_turn(1))),
    *returned("0.12.4", record(sealed_thought("z"), answer("Plain.", "z"), number=2)),
    user("q"),
    user("r"),
    {"role": "system", "content": "s"},
    {"role": "assistant", "content": marker_line(ulid(2))},
    {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "x", "arguments": "{"}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "x"},
    None,
]


@examples(150)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_spans_of_any_history_are_in_order_and_complete(messages):
    records = [tool_turn(1), record(sealed_thought("z"), answer("Plain.", "z"), number=2)]
    made = spans(messages, records, OPENAI)
    assert all(0 <= span.start < span.stop <= len(messages) for span in made)
    assert all(left.stop <= right.start for left, right in pairwise(made))
    assert all(paired(span) for span in made)
    ids = [item["id"] for span in made for item in span.items if "id" in item]
    calls = [item["call_id"] for span in made for item in span.items if item["type"] == "function_call"]
    assert len(ids) == len(set(ids))
    assert len(calls) == len(set(calls))
    following = [(item["type"], after["type"]) for span in made for item, after in pairwise(span.items)]
    assert ("reasoning", "function_call_output") not in following


# --- ids of calls in a whole request ------------------------------------------------------------------------------


def test_calls_that_share_an_id_get_new_ids_with_their_outputs():
    items = [call("a"), output("a", "1"), call("a_2"), output("a_2", "2"), call("a"), output("a", "3"), answer("x")]
    assert list(distinct_calls(items)) == [*items[:4], call("a_3"), output("a_3", "3"), answer("x")]


def test_calls_with_unique_ids_stay_unchanged():
    items = [sealed_thought(), call("a"), call("b"), output("a"), output("b")]
    assert list(distinct_calls(items)) == items


def test_reference_to_a_turn_used_elsewhere_does_not_shorten_an_interrupted_text():
    first = record(sealed_thought("a"), answer("First."), number=1, cut=True)
    second = record(sealed_thought("b"), answer("A long answer that was stopped."), number=2, cut=True)
    messages, found = history("0.12.4", first, second)
    messages[-2]["content"] = f"{marker_line(ulid(1))}\n\nA long answer that was stopped."
    made = spans(messages, found, OPENAI)
    assert [text.strip() for span in made for text in texts(span)] == ["First.", "A long answer that was stopped."]
