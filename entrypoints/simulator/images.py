"""Handle one call of POST /images: check it, draw, and add its bill. Source: the official SDK, image generation."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from aiohttp import web

from entrypoints.simulator.account import paying_key
from entrypoints.simulator.answers import Refusal, common, from_provider
from entrypoints.simulator.bills import Bill, Cost, Tokens, chat_usage
from entrypoints.simulator.delivery import EventStream, Severed, sever
from entrypoints.simulator.frames import DONE, frame
from entrypoints.simulator.image_models import PRICE, ImageModel, image_model
from entrypoints.simulator.payload import Json
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.prepare import generation_id
from entrypoints.simulator.records import CURRENT
from entrypoints.simulator.refusals.images import check_drawing, check_images
from entrypoints.simulator.state import Simulator

PARTIALS = 2
"""Pictures that are sent while one is drawn."""
SMALLEST_SIDE = 8
"""Pixels of the first picture of an answer; each further one is a pixel larger, so that all differ."""
TOKENS_PER_PICTURE = 1024
_PAUSE = 0.02


async def draw(simulator: Simulator, request: web.Request, body: Json) -> web.StreamResponse:
    """Answer one call. Raises Refusal if upstream would answer with an error."""
    check_images(body)
    model = image_model(body["model"])
    if model is None:
        raise Refusal(common(400, f"{body['model']} is not a valid model ID"))
    check_drawing(body, model)
    if model.way == "error-502":
        raise Refusal(from_provider(502, model.author, "The picture could not be drawn.", error_type="server"))
    record = CURRENT.get()
    began = datetime.now(UTC)
    record.generation_id = generation_id(began)
    pictures = _drawn(body, model)
    headers = {"X-Generation-Id": record.generation_id}
    try:
        if body.get("stream") and model.streams:
            return await _stream(request, model, pictures, _usage(body, pictures), headers)
        data = [{"b64_json": picture, "media_type": "image/png"} for picture in pictures]
        answer: Json = {"created": int(began.timestamp()), "data": data, "usage": _usage(body, pictures)}
        record.finished = True
        return web.json_response(answer, headers=headers)
    finally:
        simulator.bills.add(_bill(body, model, pictures, began, paying_key(request)))


def _drawn(body: Json, model: ImageModel) -> list[str]:
    count = 0 if model.way == "empty" else body.get("n", 1)
    return [png_base64(SMALLEST_SIDE + number) for number in range(count)]


async def _stream(
    request: web.Request, model: ImageModel, pictures: list[str], usage: Json, headers: dict[str, str]
) -> web.StreamResponse:
    stream, record = EventStream(request, headers), CURRENT.get()
    record.status = 200
    try:
        for event in _frames(model, pictures, usage):
            await stream.send(event)
            await asyncio.sleep(_PAUSE)
        if model.way == "cut":
            await sever(request)
        record.finished = True
    except Severed:
        record.finished = True
    return stream.response


def _frames(model: ImageModel, pictures: list[str], usage: Json) -> Iterator[bytes]:
    """Yield the frames of a stream; each is a write of its own."""
    for number, picture in enumerate(pictures):
        yield frame({"type": "image_generation.text_chunk", "phase": "draft", "text": "A sketch."})
        for part in range(PARTIALS):
            partial = png_base64(SMALLEST_SIDE - 1 - part)
            yield frame({"type": "image_generation.partial_image", "partial_image_index": part, "b64_json": partial})
        if model.way == "error-event":
            error = {"message": "The picture could not be drawn.", "code": "server_error"}
            yield frame({"type": "error", "error": error})
            return
        if model.way == "cut":
            return
        last = {"usage": usage} if number == len(pictures) - 1 else {}
        created = int(datetime.now(UTC).timestamp())
        event = {"type": "image_generation.completed", "b64_json": picture, "media_type": "image/png"}
        yield frame({**event, "created": created, **last})
    yield DONE


def _cost(pictures: list[str]) -> Cost:
    return Cost(Decimal(0), PRICE * len(pictures))


def _tokens(body: Json, pictures: list[str]) -> Tokens:
    return Tokens(max(1, len(body["prompt"]) // 4), TOKENS_PER_PICTURE * len(pictures))


def _usage(body: Json, pictures: list[str]) -> Json:
    return chat_usage(_tokens(body, pictures), _cost(pictures))


def _bill(body: Json, model: ImageModel, pictures: list[str], began: datetime, key_hash: str) -> Bill:
    record = CURRENT.get()
    now = asyncio.get_running_loop().time()
    return Bill(
        generation_id=record.generation_id or "",
        model=model.slug,
        provider=model.author,
        tokens=_tokens(body, pictures),
        cost=_cost(pictures),
        finish_reason="stop",
        cancelled=not record.finished,
        streamed=bool(body.get("stream")),
        session_id=body.get("session_id"),
        created_at=began,
        started_at=record.started_at,
        first_at=now,
        ended_at=now,
        key_hash=key_hash,
    )
