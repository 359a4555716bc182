"""`GET /generation`: upstream's record of one call. Source: OpenRouter API reference, usage and cost."""

from collections.abc import Callable
from http import HTTPStatus

from adapters.openrouter.transport.pool import SessionPool
from adapters.openrouter.transport.reading import ReadFailed, UpstreamReader
from adapters.openrouter.wire.codec import load_tolerantly
from adapters.openrouter.wire.fields import amount, count, mapping, text
from ports.generations import GenerationRecord, GenerationsUnavailable
from ports.json_values import JsonObject
from ports.responses import Route

BODY_LIMIT = 256 * 1024
LONGEST_ID, LONGEST_NAME = 200, 200


class AioGenerations:
    """Implements Generations. `limit` returns how many calls share the pool; it is called for every request."""

    def __init__(self, pool: SessionPool, limit: Callable[[], int]) -> None:
        self._reader = UpstreamReader(pool, limit)

    async def find(self, route: Route, generation_id: str) -> GenerationRecord | None:
        """Return the record of a call, None while there is none. Raises GenerationsUnavailable."""
        if not generation_id or len(generation_id) > LONGEST_ID:
            return None
        try:
            answer = await self._reader.get(route, "generation", BODY_LIMIT, id=generation_id)
        except ReadFailed as error:
            raise GenerationsUnavailable(str(error), status=error.status) from error
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise GenerationsUnavailable(f"HTTP {answer.status}", status=answer.status)
        try:
            data = mapping(mapping(load_tolerantly(answer.raw)).get("data"))
        except ValueError as error:
            raise GenerationsUnavailable("the answer is not JSON", status=answer.status) from error
        return _record(generation_id, data) if data else None


def _record(generation_id: str, data: JsonObject) -> GenerationRecord:
    """Read a record; wrong types count as absent. Tokens are those of the provider, which are billed."""
    is_byok = data.get("is_byok") is True
    total = amount(data.get("total_cost"))
    return GenerationRecord(
        generation_id,
        cost=amount(data.get("usage")) if total is None else total,
        upstream_cost=amount(data.get("upstream_inference_cost")) if is_byok else None,
        is_byok=is_byok,
        input_tokens=count(data.get("native_tokens_prompt")) or count(data.get("tokens_prompt")),
        output_tokens=count(data.get("native_tokens_completion")) or count(data.get("tokens_completion")),
        cached_tokens=count(data.get("native_tokens_cached")),
        reasoning_tokens=count(data.get("native_tokens_reasoning")),
        model=text(data.get("model"))[:LONGEST_NAME],
        provider=text(data.get("provider_name"))[:LONGEST_NAME],
    )
