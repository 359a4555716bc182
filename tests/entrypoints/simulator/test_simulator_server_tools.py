"""Items and events of server tools have the shapes of the official SDK."""

from typing import Any

import pytest
from openrouter.components.outputitems import _OUTPUT_ITEMS_VARIANTS
from openrouter.components.streamevents import _STREAM_EVENTS_VARIANTS
from pydantic import TypeAdapter

from entrypoints.simulator.scenarios.registry import listed_slugs
from entrypoints.simulator.scenarios.server_works import FAMILIES
from tests.entrypoints.simulator.reading import Caller, Event

SLUGS = tuple(slug for slug in listed_slugs() if slug.startswith(("sim/server-", "sim/native-")))
FAILING = tuple(f"sim/server-{family}-failed" for family in FAMILIES if family != "armor")
MODELS: dict[str, Any] = {**_STREAM_EVENTS_VARIANTS}


def judge(event: Event) -> None:
    """Fail if the SDK does not know the event or its item, or would drop or change a part of it."""
    model = TypeAdapter(MODELS[event["type"]])
    written = model.dump_python(model.validate_python(event), by_alias=True, mode="json", warnings=False)
    assert _kept(event, written), event["type"]


def _kept(sent: Any, written: Any) -> bool:
    if isinstance(sent, dict):
        return isinstance(written, dict) and all(key in written and _kept(sent[key], written[key]) for key in sent)
    if isinstance(sent, list):
        return len(sent) == len(written) and all(map(_kept, sent, written))
    return bool(sent == written)


def items_of(event: Event) -> list[Event]:
    """Return the item that an event carries, if any."""
    return [event["item"]] if "item" in event else []


@pytest.mark.parametrize("slug", [*SLUGS, *FAILING])
async def test_every_frame_of_a_server_tool_is_one_of_the_sdk(caller: Caller, slug: str) -> None:
    reply = await caller.stream(slug)
    assert reply.done
    assert [event["sequence_number"] for event in reply.events] == list(range(len(reply.events)))
    for event in reply.events:
        if "response" not in event:
            judge(event)

        for item in items_of(event):
            assert item["type"] in _OUTPUT_ITEMS_VARIANTS


async def test_scenarios_play_every_event_type_and_every_item_type_of_the_sdk(caller: Caller) -> None:
    events, items = set[str](), set[str]()
    others = ("sim/thinking", "sim/thinking-raw", "sim/refusal", "sim/citations", "sim/big-line", "sim/tool-call")
    more = ("sim/length", "sim/failed", "sim/error-event-flat")
    tool = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
    for slug in (*SLUGS, *others, *more):
        reply = await caller.stream(slug, **({"tools": [tool]} if slug == "sim/tool-call" else {}))
        events |= set(reply.kinds)
        items |= {item["type"] for event in reply.events for item in items_of(event)}
    assert set(_STREAM_EVENTS_VARIANTS) - events <= {"response.debug"}
    assert set(_OUTPUT_ITEMS_VARIANTS) == items


async def test_a_late_item_is_only_in_the_terminal_response(caller: Caller) -> None:
    reply = await caller.stream("sim/server-code-terminal")
    streamed = [item["type"] for event in reply.events for item in items_of(event)]
    assert "code_interpreter_call" not in streamed
    assert "code_interpreter_call" in [item["type"] for item in reply.last["response"]["output"]]


async def test_items_from_the_future_are_sent_as_an_unknown_type(caller: Caller) -> None:
    reply = await caller.stream("sim/unknown-item")
    assert "openrouter:from_the_future" in [item["type"] for item in reply.last["response"]["output"]]
    assert reply.kinds.count("response.from_the_future_call.dreaming") == 2


async def test_an_answer_without_streaming_has_the_same_items(caller: Caller) -> None:
    body = (await caller.answer("sim/server-web-search")).json
    assert [item["type"] for item in body["output"]] == ["openrouter:web_search", "message"]
