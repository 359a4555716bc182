"""What pages show of server tools leaves no trace in the history that goes upstream."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.conversation.items import items_of
from domain.conversation.marks import marks_of
from domain.conversation.record import TurnItem, TurnRecord
from domain.conversation.references import call_reference
from domain.request.turn_request import Caller
from entrypoints.openwebui.history_format import OPEN_WEBUI, turn_of_use, use_reference
from entrypoints.openwebui.host_call import read_call
from entrypoints.openwebui.host_turn import asked_of
from entrypoints.openwebui.present.continued import earlier_part
from entrypoints.openwebui.shown_uses import without_uses
from tests.domain.conversation.host_shapes import NATIVE, Message, native_messages, user

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
PARTS = ("thought", "text", "use", "call")


def answer(host: str, parts: list[str]) -> list[Message]:
    """Return an answer made of these parts as the host returns it."""
    kept: list[TurnItem] = []
    for number, part in enumerate(parts):
        if part == "thought":
            kept.append(TurnItem({"type": "reasoning", "summary": []}))
        elif part == "text":
            kept.append(TurnItem({"type": "message", "content": f"said {number}"}))
        else:
            shown = (use_reference if part == "use" else call_reference)(TURN, number)
            kept.append(TurnItem({"type": "function_call", "name": "bash", "arguments": "{}", "call_id": shown}, shown))
            kept.append(TurnItem({"type": "function_call_output", "output": "done", "call_id": shown}, shown))
    return native_messages(host, TurnRecord(TURN, "a/b", "", tuple(kept)))


def upstream(messages: Any) -> Any:
    return items_of(messages, history_format=OPEN_WEBUI)


@pytest.mark.parametrize("host", NATIVE)
@given(st.lists(st.sampled_from(PARTS), max_size=8))
def test_history_without_uses_goes_upstream_like_one_in_which_they_were_never_shown(
    host: str, parts: list[str]
) -> None:
    asked, again = user("Why?"), user("And now?")
    shown = without_uses([asked, *answer(host, parts), again])
    others = [part if part != "use" else "" for part in parts]
    texts = [f"said {number}" for number, part in enumerate(others) if part == "text"]
    sent = upstream(shown)
    assert [item["type"] for item in sent if item["type"].startswith("function")] == others.count("call") * [
        "function_call",
        "function_call_output",
    ]
    said = " ".join(item["content"] for item in sent if item.get("role") == "assistant")
    assert said.split() == " ".join(texts).split()


@pytest.mark.parametrize("host", NATIVE)
def test_answer_that_a_use_divides_is_one_message_again(host: str) -> None:
    messages = without_uses([user("Why?"), *answer(host, ["text", "use", "use", "text"]), user("And now?")])
    assert [message["content"] for message in messages if isinstance(message, dict)] == [
        "Why?",
        "said 0\nsaid 3",
        "And now?",
    ]


def test_use_names_its_turn_as_a_thought_does() -> None:
    messages = without_uses([user("Why?"), *answer("0.12.4", ["use", "text"]), user("And now?")])
    marks = marks_of(messages, OPEN_WEBUI)
    assert marks.references == ((), (TURN,), ())
    assert marks.calls == ()


def test_answer_that_a_person_continues_keeps_its_uses_in_the_page_and_loses_them_upstream() -> None:
    messages = [user("Why?"), *answer("0.8.12", ["text", "use", "text"])]
    called = read_call({"body": {"model": "openrouter.a/b", "messages": messages}})
    call = replace(called, caller=Caller.PAGE)
    kept = earlier_part(call, TURN, (0, 8)).items
    assert [item["type"] for item in kept] == ["message", "function_call", "function_call_output", "message"]
    assert turn_of_use(kept[1]["call_id"]) == TURN
    sent = asked_of(call).messages
    assert [message["content"] for message in sent if isinstance(message, dict)] == ["Why?", "said 0\nsaid 2"]


def test_own_calls_beside_a_use_stay() -> None:
    (message, result) = without_uses(answer("0.12.4", ["call"]))
    both = {**message, "tool_calls": [*message["tool_calls"], {"id": use_reference(TURN, 7), "function": {}}]}  # type: ignore[dict-item,index]
    bare, kept = without_uses([both, result])
    assert bare["tool_calls"] == message["tool_calls"]  # type: ignore[index]
    assert kept == result


@given(
    st.lists(
        st.none()
        | st.text(max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "tool_calls", "tool_call_id", "content", "reasoning_details"]),
            st.sampled_from(
                ["assistant", "tool", None, 3, use_reference(TURN, 1), [], [{"id": use_reference(TURN, 2)}]]
            )
            | st.lists(st.dictionaries(st.just("id"), st.sampled_from([use_reference(TURN, 1), "call_1", 3, None]))),
        ),
        max_size=6,
    )
)
@example([{"role": "assistant", "tool_calls": use_reference(TURN, 1)}])
def test_histories_of_any_shape_lose_their_uses_and_nothing_else(messages: list[Any]) -> None:
    kept = without_uses(messages)
    answers = [one.get("tool_calls") for one in kept if isinstance(one, dict) and one.get("role") == "assistant"]
    assert "use_" not in str([calls for calls in answers if isinstance(calls, list)])  # a text is no list of calls
    plain = [one for one in messages if use_reference(TURN, 1)[:9] not in str(one)]
    if len(plain) == len(messages):
        assert list(kept) == messages
