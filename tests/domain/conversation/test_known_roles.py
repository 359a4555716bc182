"""No message is lost because of how its role is written."""

import pytest

from domain.conversation.known_roles import with_known_roles


def test_messages_of_chat_completions_stay_the_same_objects():
    messages = [{"role": role, "content": "x"} for role in ("system", "developer", "user", "assistant", "tool")]
    assert all(after is before for after, before in zip(with_known_roles(messages), messages, strict=True))


@pytest.mark.parametrize(
    ("message", "role"),
    [
        ({"role": "human"}, "user"),
        ({"role": "ai"}, "assistant"),
        ({"role": "model"}, "assistant"),
        ({"role": " User "}, "user"),
        ({"role": "ASSISTANT"}, "assistant"),
        ({"role": "critic"}, "user"),
        ({"role": None}, "user"),
        ({"role": ["user"]}, "user"),
        ({}, "user"),
        ({"tool_calls": [{"id": "c"}]}, "assistant"),
        ({"tool_call_id": "c"}, "tool"),
        ({"role": "observation", "tool_call_id": "c"}, "tool"),
    ],
)
def test_other_roles_become_known_ones(message: dict[str, object], role: str):
    assert with_known_roles([{**message, "content": "x"}]) == ({**message, "role": role, "content": "x"},)


def test_a_lone_part_is_a_list_of_one():
    part = {"type": "text", "text": "hi"}
    assert with_known_roles([{"role": "user", "content": part}]) == ({"role": "user", "content": [part]},)


def test_what_is_no_message_stays():
    assert with_known_roles(["x", None, 1]) == ("x", None, 1)
