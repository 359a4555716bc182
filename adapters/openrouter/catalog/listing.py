"""`GET /models`, `GET /images/models`, `GET /key` and the list of upstream's pages over aiohttp."""

from asyncio import to_thread
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus

from adapters.openrouter.catalog.icons import icons_of
from adapters.openrouter.catalog.models import read_model
from adapters.openrouter.catalog.picture_models import read_picture_model
from adapters.openrouter.errors.envelope import problem_of_answer
from adapters.openrouter.transport.pool import SessionPool
from adapters.openrouter.transport.reading import ReadFailed, UpstreamReader
from adapters.openrouter.transport.request import address_of
from adapters.openrouter.wire.codec import load_tolerantly
from adapters.openrouter.wire.fields import mapping, objects, text
from ports.catalog import CatalogError, Model
from ports.clock import Clock
from ports.json_values import JsonObject
from ports.offload import LARGE
from ports.responses import InvalidRoute, Route

BODY_LIMIT = 32 * 1024 * 1024
PAGES = "/api/frontend"
"""Below the origin: where upstream's own pages get their list of models. Not documented, so it may be missing."""
AT_ONCE = 40  # entries a thread reads before other threads run: a millisecond or two

Reader = Callable[[JsonObject], Model | None]


class AioCatalog:
    """Implements Catalog. `limit` returns how many calls share the pool; it is called for every request."""

    def __init__(self, pool: SessionPool, clock: Clock, limit: Callable[[], int]) -> None:
        self._reader = UpstreamReader(pool, limit)
        self._clock = clock

    async def fetch(self, route: Route) -> tuple[Model, ...]:
        """Return all models in upstream's order. Raises CatalogError."""
        models = await self._models(route, "models", read_model)
        if not models:
            raise CatalogError("the list holds no model")
        return models

    async def fetch_pictures(self, route: Route) -> tuple[Model, ...]:
        """Return the models that draw at `POST /images`. Raises CatalogError."""
        return await self._models(route, "images/models", read_picture_model)

    async def fetch_zero_retention(self, route: Route) -> frozenset[str]:
        """Return the ids of models that have an endpoint with zero data retention. Raises CatalogError."""
        raw = await self._get(route, "endpoints/zdr")
        return await to_thread(_read_ids, raw) if len(raw) >= LARGE else _read_ids(raw)

    async def fetch_icons(self, route: Route) -> Mapping[str, str]:
        """Return URLs of icons by model id, from the list that upstream's own pages read. Raises CatalogError."""
        try:
            site = address_of(route, "").origin()
        except InvalidRoute as error:
            raise CatalogError(str(error)) from error
        raw = await self._get(Route(f"{site}{PAGES}", ""), "models")
        read = partial(read_icons, raw, str(site))
        return await to_thread(read) if len(raw) >= LARGE else read()

    async def check_key(self, route: Route) -> None:
        """Return normally if upstream accepts the key. Raises CatalogError otherwise."""
        await self._get(route, "key")

    async def _models(self, route: Route, path: str, read: Reader) -> tuple[Model, ...]:
        raw = await self._get(route, path)
        return await _read_beside(raw, read) if len(raw) >= LARGE else read_models(raw, read)

    async def _get(self, route: Route, path: str) -> bytes:
        try:
            answer = await self._reader.get(route, path, BODY_LIMIT)
        except ReadFailed as error:
            raise CatalogError(str(error), status=error.status) from error
        if answer.status != HTTPStatus.OK:
            problem = problem_of_answer(answer.status, answer.headers, answer.raw, self._clock.now())
            raise CatalogError(f"HTTP {answer.status}: {problem.text}", status=answer.status)
        return answer.raw


def _read_rows(raw: bytes) -> Sequence[JsonObject]:
    try:
        body = load_tolerantly(raw)
    except ValueError as error:
        raise CatalogError("the answer is not JSON", status=HTTPStatus.OK) from error
    entries = mapping(body).get("data")
    if not isinstance(entries, list):
        raise CatalogError("the answer holds no list of models", status=HTTPStatus.OK)
    return objects(entries)


def _read_ids(raw: bytes) -> frozenset[str]:
    return frozenset(slug for row in _read_rows(raw) if (slug := text(row.get("model_id")) or text(row.get("id"))))


def read_icons(raw: bytes, site: str) -> Mapping[str, str]:
    """Return the icons in an answer. Raises CatalogError."""
    return icons_of(_read_rows(raw), site)


async def _read_beside(raw: bytes, read: Reader) -> tuple[Model, ...]:
    """Do the same as `read_models`, in threads that hold the interpreter's lock only briefly at a time."""
    rows = await to_thread(_read_rows, raw)
    models: list[Model] = []
    for start in range(0, len(rows), AT_ONCE):
        models += await to_thread(_models_of, rows[start : start + AT_ONCE], read)
    return _first_of_each(models)


def read_models(raw: bytes, read: Reader = read_model) -> tuple[Model, ...]:
    """Return the models of an answer in its order; of equal ids the first. Raises CatalogError."""
    return _first_of_each(_models_of(_read_rows(raw), read))


def _models_of(rows: Iterable[JsonObject], read: Reader) -> list[Model]:
    return [model for row in rows if (model := read(row)) is not None]


def _first_of_each(models: Iterable[Model]) -> tuple[Model, ...]:
    by_id: dict[str, Model] = {}
    for model in models:
        by_id.setdefault(model.id, model)
    return tuple(by_id.values())
