"""What goes back upstream: histories of other programs reach strict receivers of every maker without a refusal."""

import json
import re
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, questions

MODELS = [
    "openai/gpt-4o-mini",
    "anthropic/claude-sonnet-4.5",
    "google/gemini-3.6-flash",
    "mistralai/mistral-small-3.2-24b-instruct",
]
CALL_IDS = ["functions.search:0", "", "c" * 80, "é" * 20, "a.b|c", "call_1"]
NAMES = ["functions.search", "search<|channel|>commentary", "n" * 93, "search</function"]


def history(call_id: str, name: str, arguments: str) -> list[dict[str, Any]]:
    """Return two rounds of calls under one id, and a question."""

    def rounds(said: str) -> list[dict[str, Any]]:
        call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": said},
        ]

    return [{"role": "user", "content": "a"}, *rounds("no"), *rounds("yes"), {"role": "user", "content": "b"}]


@pytest.mark.parametrize(
    ("model", "who", "call_id", "name"),
    [*zip(MODELS * 2, [Who.PAGE] * 4 + [Who.API] * 4, CALL_IDS * 2, NAMES * 2, strict=False)],
)
async def test_odd_names_ids_and_arguments_of_a_history_go_back_legal_and_paired(
    caller: Caller, simulator: Simulator, model: str, who: Who, call_id: str, name: str
) -> None:
    body = {"model": f"openrouter.{model}", "messages": history(call_id, name, "{'q': 'x'}"), "stream": True}
    reply = await caller.send(body, who)

    assert reply.text
    sent = questions(simulator)[-1].body
    assert isinstance(sent, dict)
    calls = [item for item in sent["input"] if item["type"] == "function_call"]
    outputs = [item for item in sent["input"] if item["type"] == "function_call_output"]
    texts = [part["text"] for item in sent["input"] if item.get("role") == "user" for part in item["content"]]
    if not calls:  # the model takes no calls without their thinking: they are told as text
        assert ["no" in " ".join(texts), "yes" in " ".join(texts)] == [True, True]
        return
    ids, names = [call["call_id"] for call in calls], [call["name"] for call in calls]
    assert [(one["call_id"], one["output"]) for one in outputs] == [*zip(ids, ["no", "yes"], strict=True)]
    assert len(set(ids)) == 2
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", one) for one in ids)
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", one) for one in names)
    assert [json.loads(call["arguments"]) for call in calls] == [{"q": "x"}] * 2
