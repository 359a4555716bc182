"""Instructions of a request beside its system messages: never lost, never twice."""

from dataclasses import replace

import pytest

from adapters.openrouter.chat.request_body import chat_fields
from domain.request.body import Prepared, build
from domain.request.turn_request import Parameters, TurnRequest
from ports.responses import ResponsesBody, Route

ASK = {"role": "user", "content": "Why?"}
REQUEST = TurnRequest("maker/model", (ASK,), Route("https://a.example", "key"))


def built(instructions: object, *messages: object, default: object = None) -> ResponsesBody:
    defaults = {} if default is None else {"instructions": default}
    asked = Parameters(passed={} if instructions is None else {"instructions": instructions})
    prepared = build(
        replace(REQUEST, messages=(*messages, ASK), parameters=asked, defaults=defaults), "maker/model", None
    )
    assert isinstance(prepared, Prepared)
    return prepared.request.body


def told(body: ResponsesBody) -> list[object]:
    messages = chat_fields(body)["messages"]
    assert isinstance(messages, list)
    return [message["content"] for message in messages if message["role"] in ("system", "developer")]


def test_instructions_stand_before_the_system_message_of_the_host() -> None:
    body = built("Answer briefly.", {"role": "system", "content": "You are Ann's helper."})
    assert body.instructions == "Answer briefly."
    assert told(body) == ["Answer briefly.", "You are Ann's helper."]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_words_that_a_system_message_says_already_are_not_sent_twice(role: str) -> None:
    body = built("Answer briefly.", {"role": role, "content": " Answer briefly.\n"})
    assert body.instructions is None
    assert len(told(body)) == 1


def test_the_same_words_of_the_person_do_not_stand_for_instructions() -> None:
    assert built("Why?").instructions == "Why?"


@pytest.mark.parametrize("unusable", [5, "", " \n", ["Be brief."], {"text": "Be brief."}])
def test_unusable_instructions_are_left_out_by_name(unusable: object) -> None:
    prepared = build(replace(REQUEST, parameters=Parameters(passed={"instructions": unusable})), "maker/model", None)
    assert isinstance(prepared, Prepared)
    assert prepared.request.body.instructions is None
    assert prepared.left_out == (("instructions",) if unusable else ())


def test_instructions_of_the_request_replace_those_of_the_operator() -> None:
    assert built(None, default="Be kind.").instructions == "Be kind."
    assert built("Be brief.", default="Be kind.").instructions == "Be brief."
