"""`GET /key` and `GET /credits`: what a key may still spend. Source: OpenRouter API reference, limits and credits."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from adapters.openrouter.transport.pool import SessionPool
from adapters.openrouter.transport.reading import ReadFailed, UpstreamReader
from adapters.openrouter.wire.codec import load_tolerantly
from adapters.openrouter.wire.fields import amount, balance, mapping
from ports.allowances import Allowance, AllowanceKind, AllowancesUnavailable
from ports.responses import Route

BODY_LIMIT = 256 * 1024


class AioAllowances:
    """Implements Allowances. `limit` returns how many calls share the pool; it is called for every request."""

    def __init__(self, pool: SessionPool, limit: Callable[[], int]) -> None:
        self._reader = UpstreamReader(pool, limit)

    async def read(self, route: Route) -> tuple[Allowance, ...]:
        """Read the limit of the key, then the credits unless the key cannot read them."""
        of_key = await self._data(route, "key")
        found = [_allowance(AllowanceKind.KEY, of_key.get("limit"), balance(of_key.get("limit_remaining")))]
        if of_key.get("is_management_key") is not False:
            found.append(await self._credits(route))
        return tuple(one for one in found if one is not None)

    async def _credits(self, route: Route) -> Allowance | None:
        """Return the credits; None for a key that may not read them. They are never worth an error of their own."""
        try:
            data = await self._data(route, "credits")
        except AllowancesUnavailable:
            return None
        total, used = amount(data.get("total_credits")), amount(data.get("total_usage"))
        remaining = None if total is None or used is None else max(total - used, Decimal(0))
        return _allowance(AllowanceKind.CREDITS, total, remaining)

    async def _data(self, route: Route, path: str) -> Mapping[str, Any]:
        try:
            answer = await self._reader.get(route, path, BODY_LIMIT)
        except ReadFailed as error:
            raise AllowancesUnavailable(str(error), status=error.status) from error
        if answer.status != HTTPStatus.OK:
            raise AllowancesUnavailable(f"HTTP {answer.status}", status=answer.status)
        try:
            return mapping(mapping(load_tolerantly(answer.raw)).get("data"))
        except ValueError as error:
            raise AllowancesUnavailable("the answer is not JSON", status=answer.status) from error


def _allowance(kind: AllowanceKind, limit: object, remaining: Decimal | None) -> Allowance | None:
    most = limit if isinstance(limit, Decimal) else amount(limit)
    return None if not most or remaining is None else Allowance(kind, most, remaining)
