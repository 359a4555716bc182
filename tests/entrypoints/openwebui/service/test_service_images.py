"""Models that only draw, from the picker to the picture, against the simulator."""

import re
from decimal import Decimal
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions

PICTURE = re.compile(r"!\[image\]\((data:image/png;base64,[^)]+)\)")
FIRST, SECOND = (f"data:image/png;base64,{png_base64(side)}" for side in (8, 9))


def pictures(reply: Reply) -> list[str]:
    return PICTURE.findall(reply.text)


def sent(simulator: Simulator) -> dict[str, Any]:
    (record,) = questions(simulator)
    assert record.path.endswith("/images")
    body: dict[str, Any] = record.body
    return body


async def test_the_picker_has_both_kinds_and_each_model_once(caller: Caller) -> None:
    await caller.knows_models_that_draw()
    listed = [entry["id"] for entry in await caller.listed()]
    assert {"sim/images", "openai/gpt-image-2", "google/gemini-3.1-flash-lite-image", "sim/pictures"} <= set(listed)
    assert len(set(listed)) == len(listed)
    assert "recraft/recraft-v4-vector" not in listed  # it draws SVG alone


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_message_becomes_a_picture(caller: Caller, simulator: Simulator, who: Who, stream: bool) -> None:
    await caller.knows_models_that_draw()
    reply = await caller.ask("sim/images", "A red bridge", who=who, stream=stream)
    assert pictures(reply) == [FIRST]
    assert reply.errors == []
    body = sent(simulator)
    body.pop("session_id", None)
    assert body == {"model": "sim/images", "prompt": "A red bridge", "stream": True}


async def test_several_pictures_are_shown_in_order_with_their_cost(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_models_that_draw()
    reply = await caller.ask("sim/images", n=2, quality="high", size="1024x1024", mood="dark")
    assert pictures(reply) == [FIRST, SECOND]
    assert {key: sent(simulator)[key] for key in ("n", "quality", "aspect_ratio")} == {
        "n": 2,
        "quality": "high",
        "aspect_ratio": "1:1",
    }
    assert "Cost" in reply.statuses[-1]["description"]
    assert "0.08" in reply.statuses[-1]["description"]
    assert simulator.bills.spent == Decimal("0.08")


async def test_the_pictures_of_the_message_and_of_the_answer_before_it_go_along_byte_for_byte(
    caller: Caller, simulator: Simulator
) -> None:
    await caller.knows_models_that_draw()
    content = [{"type": "text", "text": "Paint it blue"}, {"type": "image_url", "image_url": {"url": SECOND}}]
    messages = [
        {"role": "system", "content": "You are a painter."},
        {"role": "user", "content": "A fish"},
        {"role": "assistant", "content": f"![image]({FIRST})"},
        {"role": "user", "content": content},
    ]
    body = {"model": "openrouter.sim/images", "messages": messages, "stream": True}
    assert pictures(await caller.send(body)) == [FIRST]
    request = sent(simulator)
    assert request["prompt"] == "Paint it blue"
    assert request["input_references"] == [{"type": "image_url", "image_url": {"url": url}} for url in (FIRST, SECOND)]


async def test_a_picture_can_be_changed_in_the_next_message(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_models_that_draw()
    messages = [
        {"role": "user", "content": "A fish"},
        {"role": "assistant", "content": f"![image]({SECOND})"},
        {"role": "user", "content": "Paint it blue"},
    ]
    body = {"model": "openrouter.sim/images", "messages": messages, "stream": True}
    assert pictures(await caller.send(body)) == [FIRST]
    request = sent(simulator)
    assert (request["prompt"], [one["image_url"]["url"] for one in request["input_references"]]) == (
        "Paint it blue",
        [SECOND],
    )


async def test_nothing_is_drawn_for_a_picture_that_cannot_be_read(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_models_that_draw()
    content = [{"type": "image_url", "image_url": {"url": f"{FIRST[:60]}"}}]
    body = {"model": "openrouter.sim/images", "messages": [{"role": "user", "content": content}], "stream": True}
    reply = await caller.send(body)
    assert "there is no message with a role and a text" in reply.fault_words
    assert questions(simulator) == []


async def test_nothing_is_drawn_of_the_note_about_a_picture_that_was_left_out(
    caller: Caller, simulator: Simulator
) -> None:
    await caller.knows_models_that_draw()
    broken = {"type": "image_url", "image_url": {"url": SECOND[:100]}}
    content = [{"type": "text", "text": "Paint it blue"}, broken]
    await caller.send({"model": "openrouter.sim/images", "messages": [{"role": "user", "content": content}]})
    request = sent(simulator)
    assert request["prompt"] == "Paint it blue"
    assert "input_references" not in request


async def test_a_person_sees_that_it_is_being_drawn(caller: Caller) -> None:
    await caller.knows_models_that_draw()
    reply = await caller.ask("sim/images")
    said = [status["description"] for status in reply.statuses]
    assert any(line.startswith("Drawing a picture") for line in said)


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("sim/images-empty", {}, "empty_answer"),
        ("sim/images-empty", {"n": 2}, "empty_answer"),
        ("sim/images-error-502", {}, "upstream_error"),
        ("sim/images-error-event", {}, "upstream_error"),
        ("sim/images-cut", {}, "stream_interrupted"),
    ],
)
async def test_an_answer_without_a_picture_is_a_named_fault(
    caller: Caller, model: str, options: dict[str, Any], said: str
) -> None:
    await caller.knows_models_that_draw()
    reply = await caller.ask(model, who=Who.API, **options)
    assert [error["code"] for error in reply.errors] == [said]
    assert pictures(reply) == []


@pytest.mark.parametrize(
    ("task", "answer"), [("title_generation", '{"title": ""}'), ("tags_generation", '{"tags": ["General"]}')]
)
async def test_no_picture_is_drawn_for_a_title(caller: Caller, simulator: Simulator, task: str, answer: str) -> None:
    await caller.knows_models_that_draw()
    caller.task = task
    reply = await caller.ask("sim/images", who=Who.TASK, stream=False)
    assert reply.text == answer
    assert questions(simulator) == []


async def test_a_model_for_tasks_serves_their_chats_too(caller: Caller, simulator: Simulator) -> None:
    caller.valves["TASK_MODEL"] = "sim/echo"
    await caller.knows_models_that_draw()
    reply = await caller.ask("sim/images", "hello", who=Who.TASK, stream=False)
    assert reply.text == "You said: hello"
    assert [record.model for record in questions(simulator)] == ["sim/echo"]


@pytest.mark.parametrize(
    "valves",
    [
        {"FORCE_CHAT_COMPLETIONS_MODELS": "*"},
        {"FORCE_RESPONSES_MODELS": "*"},
        {"DEFAULT_LLM_ENDPOINT": "chat_completions"},
    ],
)
async def test_no_setting_calls_such_a_model_elsewhere(
    caller: Caller, simulator: Simulator, valves: dict[str, str]
) -> None:
    caller.valves |= valves
    await caller.knows_models_that_draw()
    assert pictures(await caller.ask("sim/images")) == [FIRST]
    assert sent(simulator)["model"] == "sim/images"


async def test_such_a_model_may_be_the_fallback(caller: Caller, simulator: Simulator) -> None:
    caller.valves["FALLBACK_MODEL"] = "sim/images"
    await caller.knows_models_that_draw()
    assert pictures(await caller.ask("sim/error-404")) == [FIRST]
    assert [record.path.rpartition("/")[2] for record in questions(simulator)] == ["responses", "images"]
    task = await caller.ask("sim/error-404", who=Who.TASK, stream=False)
    assert task.text == '{"title": "Chat"}'
    assert len(questions(simulator)) == 3  # the model of chats alone was asked


async def test_a_demand_for_privacy_is_a_fault_and_nothing_is_sent(caller: Caller, simulator: Simulator) -> None:
    caller.valves["ZDR_ENFORCE"] = True
    await caller.knows_models_that_draw()
    reply = await caller.ask("sim/images")
    assert "cannot be limited to providers that keep no data" in reply.fault_words
    assert questions(simulator) == []


async def test_the_next_message_to_another_model_has_no_data_of_the_picture(
    caller: Caller, simulator: Simulator
) -> None:
    await caller.knows_models_that_draw()
    drawn = await caller.ask("sim/images", "A red bridge")
    messages = [
        {"role": "user", "content": "A red bridge"},
        {"role": "assistant", "content": drawn.text},
        {"role": "user", "content": "What is it?"},
    ]
    reply = await caller.send({"model": "openrouter.sim/echo", "messages": messages, "stream": True})
    assert reply.text.endswith("You said: What is it?")


async def test_the_list_of_chats_stands_without_the_other_one(
    load: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrypoints.simulator.app.IMAGE_MODELS", ())
    service: PipeService = load()
    caller = await Caller(service, simulator.url).knows_the_models()
    listed = [entry["id"] for entry in await caller.listed()]
    assert "sim/echo" in listed
    assert "sim/images" not in listed
