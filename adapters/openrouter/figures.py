"""`GET /activity` and `GET /key`: upstream's own figures. Source: OpenRouter API reference, analytics and keys."""

from asyncio import to_thread
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from http import HTTPStatus

from adapters.openrouter.transport.pool import SessionPool
from adapters.openrouter.transport.reading import ReadFailed, UpstreamReader
from adapters.openrouter.wire.codec import load_tolerantly
from adapters.openrouter.wire.fields import amount, count, mapping, objects, text
from ports.json_values import JsonObject
from ports.offload import LARGE
from ports.responses import Route
from ports.upstream_figures import DayFigures, FiguresUnavailable, ModelFigures

BODY_LIMIT = 8 * 1024 * 1024
LONGEST_NAME = 200
OTHER_DAY = object()
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
)


class AioFigures:
    """Implements UpstreamFigures. `limit` returns how many calls share the pool; it is called for every request."""

    def __init__(self, pool: SessionPool, limit: Callable[[], int]) -> None:
        self._reader = UpstreamReader(pool, limit)

    async def of_day(self, route: Route, day: date, *, key_hash: str = "") -> DayFigures:
        """Return the figures of a day. Raises FiguresUnavailable."""
        chosen = {"api_key_hash": key_hash} if key_hash else {}
        raw = await self._get(route, "activity", date=day.isoformat(), **chosen)
        return await to_thread(_day_of, raw, day) if len(raw) >= LARGE else _day_of(raw, day)

    async def spent_before_today(self, route: Route) -> Decimal | None:
        """Subtract what today's calls cost from all that the key has spent. Raises FiguresUnavailable."""
        data = mapping(_loaded(await self._get(route, "key")).get("data"))
        spent, today = amount(data.get("usage")), amount(data.get("usage_daily"))
        return None if spent is None or today is None or today > spent else spent - today

    async def _get(self, route: Route, path: str, **query: str) -> bytes:
        try:
            answer = await self._reader.get(route, path, BODY_LIMIT, **query)
        except ReadFailed as error:
            raise FiguresUnavailable(f"/{path}: {error}", status=error.status) from error
        if answer.status != HTTPStatus.OK:
            refused = answer.status in REFUSALS
            raise FiguresUnavailable(f"/{path}: HTTP {answer.status}", status=answer.status, is_refusal=refused)
        return answer.raw


def _loaded(raw: bytes) -> Mapping[str, object]:
    try:
        return mapping(load_tolerantly(raw))
    except ValueError as error:
        raise FiguresUnavailable("the answer is not JSON", status=HTTPStatus.OK) from error


def _date_of(value: str) -> date | None:
    try:
        return date.fromisoformat(value[: len("2026-11-30")])
    except ValueError:
        return None


def _day_of(raw: bytes, day: date) -> DayFigures:
    rows = _loaded(raw).get("data")
    if not isinstance(rows, list):
        raise FiguresUnavailable("/activity: the answer holds no list", status=HTTPStatus.OK)
    found = [_model_of(row, day) for row in objects(rows)]
    models = tuple(one for one in found if isinstance(one, ModelFigures))
    foreign = sum(one is OTHER_DAY for one in found)
    return DayFigures(day, models, len(rows) - len(models) - foreign)


def _model_of(row: JsonObject, day: date) -> object:
    """Return a row's figures, None if it has no day, no model or no cost, OTHER_DAY if it is not about this day."""
    if (known := _date_of(text(row.get("date")))) != day:
        return None if known is None else OTHER_DAY
    model, cost = text(row.get("model"))[:LONGEST_NAME], amount(row.get("usage"))
    if not model or cost is None:
        return None
    version = text(row.get("model_permaslug"))[:LONGEST_NAME]
    return ModelFigures(model, version, count(row.get("requests")), cost)
