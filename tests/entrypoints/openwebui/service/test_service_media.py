"""Media of messages reach upstream in their final form; whatever does not is told where the caller reads it."""

import sys
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_modules import Host, NewForm, stored
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions
from tests.entrypoints.openwebui.service.test_service_rows import NAMES, inserted
from tests.examples_media import HEIC, JPEG, MP4, PNG, asked, data_url, picture, text
from tests.patience import eventually

LEFT_OUT = "Left out: a picture (a kind that models do not read; use PNG, JPEG, WebP or GIF)."


async def send(caller: Caller, *messages: object, who: Who = Who.PAGE) -> Reply:
    await caller.knows_the_models()
    return await caller.send({"model": "openrouter.sim/echo", "messages": list(messages), "stream": True}, who)


def sent(simulator: Simulator) -> list[dict[str, Any]]:
    """The parts of the last message that reached upstream."""
    (record,) = questions(simulator)
    return list(record.body["input"][-1]["content"])


async def test_mislabelled_picture_goes_as_what_it_is_and_a_foreign_kind_is_told(
    caller: Caller, simulator: Simulator
) -> None:
    message = asked(text("Look:"), picture(data_url(JPEG, "image/png")), picture(data_url(HEIC)))
    reply = await send(caller, message)
    first, shown, note = sent(simulator)
    assert first == {"type": "input_text", "text": "Look:"}
    assert shown == {"type": "input_image", "detail": "auto", "image_url": data_url(JPEG, "image/jpeg")}
    assert note["text"] == "[image left out: it is of a kind that models do not read]"
    assert LEFT_OUT in [status["description"] for status in reply.statuses]
    assert reply.errors == []


@pytest.mark.parametrize("endpoint", ["responses", "chat_completions"])
async def test_a_picture_that_a_provider_cannot_read_ends_its_turn_and_none_of_the_later_ones(
    caller: Caller, simulator: Simulator, endpoint: str
) -> None:
    caller.valves["DEFAULT_LLM_ENDPOINT"] = endpoint
    await caller.knows_the_models()
    first, answer = asked(text("Look:"), picture(data_url(PNG))), {"role": "assistant", "content": "I see nothing."}
    body = {"model": "openrouter.sim/picky-pictures", "stream": True}
    failed = await caller.send({**body, "messages": [first]})
    assert "rejected a picture of this request" in failed.fault_words
    reply = await caller.send({**body, "messages": [first, answer, {"role": "user", "content": "hello"}]})
    assert (reply.text.strip(), reply.errors) == ("You said: hello", [])
    assert "Left out: a picture (rejected by the provider)." in [status["description"] for status in reply.statuses]
    *refused, taken = (str(record.body) for record in questions(simulator))
    assert "[image left out: the provider refused it]" in taken
    assert "Look:" in taken
    assert all("data:image/png" in one for one in refused)
    assert "data:image/png" not in taken


async def test_client_without_status_lines_gets_the_note_and_no_error(caller: Caller, simulator: Simulator) -> None:
    reply = await send(caller, asked(picture(data_url(HEIC))), who=Who.API)
    assert [part["type"] for part in sent(simulator)] == ["input_text"]
    assert (reply.events, reply.errors) == ([], [])


async def test_medium_that_the_model_does_not_take_is_named(caller: Caller, simulator: Simulator) -> None:
    reply = await send(caller, asked(text("Look:"), {"type": "video_url", "video_url": {"url": data_url(MP4)}}))
    assert [part["type"] for part in sent(simulator)] == ["input_text", "input_text"]
    lines = [status["description"] for status in reply.statuses]
    assert "Left out: a video (this model reads no videos)." in lines


async def test_picture_in_an_answer_goes_with_the_next_message(caller: Caller, simulator: Simulator) -> None:
    answer = {"role": "assistant", "content": f"Here:\n\n![image]({data_url(PNG)})"}
    await send(caller, asked(text("Draw.")), answer, {"role": "user", "content": "Bluer."})
    assert [part["type"] for part in sent(simulator)] == ["input_image", "input_text"]


@pytest.mark.parametrize(("direct", "boxes"), [(True, {False}), (False, set())])
async def test_direct_uploads_need_rows(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, direct: bool, boxes: set[bool]
) -> None:
    host = Host({"query": [], "insert_new_model": stored()})
    for name, module in host.modules(coroutines=True, form=NewForm, names=NAMES).items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("adapters.openwebui.model_table._exists", lambda _name: True)
    caller.valves["DIRECT_UPLOADS"] = direct
    caplog.set_level("INFO")
    await caller.knows_the_models()
    await eventually(lambda: "model_rows_synced" in caplog.text)
    said = (row["meta"]["capabilities"].get("file_context") for row in inserted(host).values())
    assert {one for one in said if one is not None} == boxes
