"""The HTTP application: routes, keys, records of requests, and errors in upstream's envelopes."""

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import date

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware

from entrypoints.simulator.account import credits_data, hash_of, key_data
from entrypoints.simulator.answers import Answer, Refusal, common, edge_page, json_answer
from entrypoints.simulator.bills import activity_rows, generation_data
from entrypoints.simulator.catalog import Model, endpoint_row, page_row
from entrypoints.simulator.generate import generate, read_body
from entrypoints.simulator.image_models import IMAGE_MODELS, image_page_row
from entrypoints.simulator.images import draw
from entrypoints.simulator.listing import model_list
from entrypoints.simulator.payload import Json
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.records import CURRENT, RequestRecord, key_of, masked
from entrypoints.simulator.state import Simulator

BASE_PATH = "/api/v1"
ICON_SIDE = 32
LARGEST_BODY = 32 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_app(simulator: Simulator) -> web.Application:
    """Build the application that serves the state of `simulator`."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_recorder(simulator)])
    routes = _Routes(simulator)
    app.add_routes(
        [
            web.get(f"{BASE_PATH}/models", routes.models),
            web.get(f"{BASE_PATH}/models/count", routes.count),
            web.get(f"{BASE_PATH}/images/models", routes.image_models),
            web.get(f"{BASE_PATH}/models/user", routes.user_models),
            web.get(f"{BASE_PATH}/model/{{author}}/{{slug}}", routes.model),
            web.get(f"{BASE_PATH}/models/{{author}}/{{slug}}/endpoints", routes.endpoints),
            web.get(f"{BASE_PATH}/endpoints/zdr", routes.zero_retention),
            web.get(f"{BASE_PATH}/key", routes.key),
            web.get("/api/frontend/models", routes.page_models),
            web.get("/images/icons/{name}.png", routes.icon),
            web.get(f"{BASE_PATH}/credits", routes.credits),
            web.get(f"{BASE_PATH}/generation", routes.generation),
            web.get(f"{BASE_PATH}/activity", routes.activity),
            web.post(f"{BASE_PATH}/responses", routes.responses),
            web.post(f"{BASE_PATH}/chat/completions", routes.chat),
            web.post(f"{BASE_PATH}/images", routes.images),
        ]
    )
    return app


def _recorder(simulator: Simulator) -> Middleware:
    @web.middleware
    async def recorded(request: web.Request, handler: Handler) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        record = RequestRecord(request.method, request.path, masked(request.headers.items()), loop.time())
        record.key = key_of(request.headers)
        simulator.log.add(record)
        CURRENT.set(record)
        try:
            response = await _answered(request, handler)
            record.status = response.status
            if not response.prepared:  # sent here, so that the record says when
                await response.prepare(request)
                await response.write_eof()
                record.answered_at = loop.time()
            record.finished = True
        except asyncio.CancelledError:
            record.closed_by_client = not record.finished and not simulator.stopping
            raise
        except ConnectionError:
            record.closed_by_client = not record.finished and not simulator.stopping
            response = web.Response()
        finally:
            record.ended_at = loop.time()
        return response

    return recorded


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        return _response(refusal.answer)
    except web.HTTPRequestEntityTooLarge:
        return _response(edge_page(413))
    except web.HTTPException as error:
        return _response(common(error.status, error.reason))


def _response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status, body=answer.body, content_type=answer.content_type, headers=answer.headers
    )


def _json(body: Json) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


class _Routes:
    """The handlers; each raises Refusal for a request that upstream rejects."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def _authorised(self, request: web.Request) -> str:
        """Return the caller's key. Raises Refusal (401) as upstream does."""
        key = CURRENT.get().key
        if not key:
            raise Refusal(common(401, "Missing Authentication header"))
        if key not in self._simulator.keys:
            raise Refusal(common(401, "User not found."))
        return key

    def _managed(self, request: web.Request) -> None:
        """Check for a management key. Raises Refusal: 403 for another key, as upstream does."""
        if request.headers.get("Authorization", "").partition(" ")[2].strip() not in self._simulator.management_keys:
            self._authorised(request)
            raise Refusal(common(403, "Only management keys can perform this operation"))

    async def models(self, request: web.Request) -> web.Response:
        return _json(model_list(self._simulator.catalog.entries, request.query, request.path))

    async def image_models(self, request: web.Request) -> web.Response:
        del request
        return _json({"data": [model.entry for model in IMAGE_MODELS]})

    async def count(self, request: web.Request) -> web.Response:
        found = model_list(self._simulator.catalog.entries, request.query, request.path)
        return _json({"data": {"count": found["total_count"]}})

    async def user_models(self, request: web.Request) -> web.Response:
        self._authorised(request)
        return _json(model_list(self._simulator.catalog.entries, request.query, request.path))

    def _model(self, request: web.Request) -> Model:
        slug = f"{request.match_info['author']}/{request.match_info['slug']}"
        model = self._simulator.catalog.find(slug)
        if model is None:
            raise Refusal(common(404, f"Model {slug} not found"))
        return model

    async def model(self, request: web.Request) -> web.Response:
        self._authorised(request)
        return _json({"data": self._model(request).entry})

    async def endpoints(self, request: web.Request) -> web.Response:
        self._authorised(request)
        model = self._model(request)
        shown = ("id", "name", "created", "description")
        data = {name: model.entry[name] for name in shown}
        architecture = {"instruct_type": None, "tokenizer": None, **model.entry["architecture"]}
        return _json({"data": {**data, "architecture": architecture, "endpoints": [endpoint_row(model)]}})

    async def zero_retention(self, request: web.Request) -> web.Response:
        self._authorised(request)
        catalog = self._simulator.catalog
        found = [catalog.find(entry["id"]) for entry in catalog.entries]
        return _json({"data": [endpoint_row(model) for model in found if model and model.zero_retention]})

    async def page_models(self, request: web.Request) -> web.Response:
        catalog = self._simulator.catalog
        found = [catalog.find(entry["id"]) for entry in catalog.entries]
        chatting, drawing = map(page_row, filter(None, found)), map(image_page_row, IMAGE_MODELS)
        return _json({"data": [*chatting, *drawing]})

    async def icon(self, request: web.Request) -> web.Response:
        return web.Response(body=b64decode(png_base64(ICON_SIDE)), content_type="image/png")

    async def key(self, request: web.Request) -> web.Response:
        key, simulator = self._authorised(request), self._simulator
        mine, bills = hash_of(key), simulator.bills
        spent, today = bills.spent_by(mine), bills.spent_on(simulator.today(), mine)
        return _json({"data": key_data(key, spent, today, simulator.allowed)})

    async def activity(self, request: web.Request) -> web.Response:
        self._managed(request)
        try:
            day = date.fromisoformat(request.query["date"]) if "date" in request.query else None
        except ValueError:
            raise Refusal(common(400, "Date must be in the format YYYY-MM-DD")) from None
        return _json({"data": activity_rows(self._simulator.bills, day, request.query.get("api_key_hash"))})

    async def credits(self, request: web.Request) -> web.Response:
        self._authorised(request)
        credits = self._simulator.allowed.credits
        if credits is None:
            raise Refusal(json_answer(403, {"error": {"code": 403, "message": "Only management keys can do this."}}))
        return _json({"data": credits_data(credits, self._simulator.bills.spent)})

    async def generation(self, request: web.Request) -> web.Response:
        key = self._authorised(request)
        identifier = request.query.get("id", "")
        bill = self._simulator.bills.find(identifier, asyncio.get_running_loop().time())
        if bill is None or bill.key_hash != hash_of(key):
            raise Refusal(common(404, f"Generation {identifier} not found"))
        return _json({"data": generation_data(bill)})

    async def responses(self, request: web.Request) -> web.StreamResponse:
        self._authorised(request)
        return await generate(self._simulator, request, "responses")

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self._authorised(request)
        return await generate(self._simulator, request, "chat")

    async def images(self, request: web.Request) -> web.StreamResponse:
        self._authorised(request)
        return await draw(self._simulator, request, await read_body(self._simulator, request))
