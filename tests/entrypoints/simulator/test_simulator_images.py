"""`/images` and `/images/models` of the simulator: as the SDK describes them, and strict about everything else."""

from base64 import b64decode
from hashlib import sha256

import orjson
import pytest
from openrouter.components import ImageGenerationResponse, ImageModelsListResponse, ImageStreamingResponse

from entrypoints.simulator.image_models import IMAGE_MODELS
from entrypoints.simulator.images import PARTIALS
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.refusals.images import OPTIONS
from entrypoints.simulator.server import Simulator
from tests.entrypoints.simulator.reading import KEY, Caller, Reply

REFERENCE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


async def draw(caller: Caller, model: str = "sim/images", **more: object) -> Reply:
    return await caller.post("/images", {"model": model, "prompt": "A red bridge", **more})


async def test_the_list_is_public_and_some_models_of_chats_are_in_it(caller: Caller, simulator: Simulator) -> None:
    async with caller.session.get(f"{simulator.url}/images/models") as answer:
        listed = ImageModelsListResponse.model_validate(await answer.json())
    slugs = {model.id for model in listed.data}
    async with caller.session.get(f"{simulator.url}/models") as answer:
        chats = {model["id"] for model in (await answer.json())["data"]}
    assert slugs == {model.slug for model in IMAGE_MODELS}
    assert slugs & chats == {"google/gemini-3.1-flash-lite-image"}


async def test_pictures_come_in_one_piece_with_their_price(caller: Caller, simulator: Simulator) -> None:
    reply = await draw(caller, n=3, quality="low", input_references=[REFERENCE])
    answer = ImageGenerationResponse.model_validate(reply.json)
    assert [picture.b64_json for picture in answer.data] == [png_base64(8), png_base64(9), png_base64(10)]
    assert answer.usage is not None
    assert answer.usage.cost == 0.12
    generation = reply.headers["X-Generation-Id"]
    async with caller.session.get(
        f"{simulator.url}/generation?id={generation}", headers={"Authorization": f"Bearer {KEY}"}
    ) as bill:
        assert (await bill.json())["data"]["total_cost"] == 0.12


async def test_a_stream_shows_the_picture_while_it_is_drawn(caller: Caller) -> None:
    reply = await draw(caller, stream=True)
    for event in reply.events:
        assert getattr(ImageStreamingResponse.model_validate({"data": event}).data, "is_unknown", False) is False
    partial = ["image_generation.partial_image"] * PARTIALS
    assert [event["type"] for event in reply.events] == [
        "image_generation.text_chunk",
        *partial,
        "image_generation.completed",
    ]
    assert reply.events[-1]["usage"]["cost"] == 0.04
    assert reply.done


async def test_a_model_that_cannot_stream_answers_in_one_piece(caller: Caller) -> None:
    reply = await draw(caller, "black-forest-labs/flux.2-pro", stream=True)
    assert len(reply.json["data"]) == 1


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "an unknown field": ({"messages": []}, "Unrecognized key"),
    "no prompt": ({"prompt": ""}, "prompt"),
    "an unknown word": ({"quality": "ultra"}, "quality"),
    "a fraction": ({"n": 1.5}, "n:"),
    "a null": ({"seed": None}, "seed"),
    "more than the model draws": ({"n": 5}, "n must be between 1 and 4"),
    "a resolution that the model lacks": ({"resolution": "512"}, "is not one of"),
    "privacy": ({"provider": {"zdr": True}}, "provider: Unrecognized key"),
    "a bare address": ({"input_references": ["https://a.example"]}, "input_references.0"),
    "too many references": ({"input_references": [REFERENCE] * 5}, "input_references must be between"),
    "transparent JPEG": ({"background": "transparent", "output_format": "jpeg"}, "transparent"),
    "a model of chats": ({"model": "sim/echo"}, "not a valid model ID"),
}


@pytest.mark.parametrize(("more", "said"), REFUSED.values(), ids=REFUSED)
async def test_a_wrong_request_is_refused_and_named(caller: Caller, more: dict[str, object], said: str) -> None:
    reply = await caller.post("/images", {"model": "sim/images", "prompt": "A red bridge", **more})
    assert reply.status == 400
    assert said in orjson.dumps(reply.json).decode()


async def test_options_that_a_model_does_not_list_are_refused(caller: Caller) -> None:
    values = {"n": 1, "seed": 1, "output_compression": 5, "input_references": [REFERENCE]}
    words = {"aspect_ratio": "1:1", "resolution": "1K", "size": "1K", "quality": "low", "background": "auto"}
    for name in OPTIONS:
        value = {**values, **words, "output_format": "png"}[name]
        reply = await draw(caller, "recraft/recraft-v4-vector", **{name: value})
        assert reply.status == 400, name


async def test_models_that_only_draw_are_unknown_to_chats(caller: Caller) -> None:
    for path in ("/responses", "/chat/completions"):
        body = {"model": "sim/images", "input": "hi", "messages": [{"role": "user", "content": "hi"}]}
        assert "not a valid model ID" in orjson.dumps((await caller.post(path, body)).json).decode()


async def test_answers_go_wrong_by_name(caller: Caller) -> None:
    assert (await draw(caller, "sim/images-empty")).json["data"] == []
    assert (await draw(caller, "sim/images-error-502")).status == 502
    assert (await draw(caller, "sim/images-error-event", stream=True)).events[-1]["type"] == "error"
    cut = await draw(caller, "sim/images-cut", stream=True)
    assert cut.broken
    assert not cut.done


# --- pictures in chats ------------------------------------------------------------------------------------------


async def test_a_model_of_chats_draws_and_changes_the_picture_it_gets(caller: Caller) -> None:
    new = (await caller.answer("sim/pictures")).json["output"]
    assert [item["type"] for item in new] == ["message", "image_generation_call"]
    content = b64decode(png_base64(8))
    url = f"data:image/png;base64,{png_base64(8)}"
    asked = [
        {"type": "input_text", "text": "Paint it blue"},
        {"type": "input_image", "detail": "auto", "image_url": url},
    ]
    message, changed = (await caller.answer("sim/pictures", [{"role": "user", "content": asked}])).json["output"]
    assert message["content"][0]["text"] == f"Changed {len(content)} bytes {sha256(content).hexdigest()}."
    assert changed["result"] not in (new[1]["result"], png_base64(8))


async def test_a_model_names_all_media_it_gets(caller: Caller) -> None:
    size = f"3 bytes {sha256(b'abc').hexdigest()}"
    parts = [
        {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,YWJj"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,YWJj"},
        {"type": "input_file", "filename": "b.pdf", "file_url": "https://example.com/b.pdf"},
        {"type": "input_audio", "input_audio": {"data": "YWJj", "format": "wav"}},
        {"type": "input_text", "text": "What is this?"},
    ]
    (message,) = (await caller.answer("sim/media", [{"role": "user", "content": parts}])).json["output"]
    assert message["content"][0]["text"].splitlines() == [
        f"- I got a picture of {size}.",
        f"- I got the file a.pdf of {size}.",
        "- I got the file b.pdf of https://example.com/b.pdf.",
        f"- I got a wav sound of {size}.",
    ]
    (message,) = (await caller.answer("sim/media")).json["output"]
    assert message["content"][0]["text"] == "I got no media."
