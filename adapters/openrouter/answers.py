"""Opens an answer by its type: an event stream, a whole response, or an error."""

from asyncio import CancelledError, timeout, to_thread
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from aiohttp import ClientError, ClientResponse
from yarl import URL

from adapters.openrouter.chat.events import ChatVocabulary, read_completion
from adapters.openrouter.errors.envelope import problem_of_answer, read_problem
from adapters.openrouter.errors.network import failure_of
from adapters.openrouter.images.events import ImagesVocabulary, read_pictures
from adapters.openrouter.responses.events import ResponsesVocabulary, read_response
from adapters.openrouter.stream.event_stream import EventStream, arrived
from adapters.openrouter.stream.translator import Translator
from adapters.openrouter.wire.codec import BOM, load_first
from adapters.openrouter.wire.fields import mapping, objects
from ports.offload import LARGE
from ports.response_events import StreamClosed, UpstreamEvent, UpstreamProblem
from ports.responses import Endpoint, EventTooLarge, Reach, Refused, Unreadable, UpstreamCall

ERROR_BYTES = 1024 * 1024
ERROR_SECONDS = 5.0
GENERATION_ID = "X-Generation-Id"
FIELD_STARTS = (b"data", b"event", b"id", b"retry", b":")

Now = Callable[[], datetime]
Batches = AsyncIterator[Sequence[UpstreamEvent]]


async def open_answer(response: ClientResponse, call: UpstreamCall, now: Now) -> Batches:
    """Return the batches of an answer whose headers have arrived. Raises ResponsesError."""
    if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        try:
            raise Refused(await _problem(response, now))
        except CancelledError:
            if call.watch is not None:
                call.watch.refused(response.status)
            raise
    if coding := _coding(response):
        raise Unreadable(f"compressed ({coding}) although uncompressed was requested; a proxy may have done this")
    generation_id = response.headers.get(GENERATION_ID, "")
    if call.watch is not None:
        call.watch.answered(generation_id)
    translator = _translator(call, now, generation_id)
    if response.content_type == "text/event-stream":
        return EventStream(response, translator, call.limits)
    first = await _first_bytes(response, call)
    start = first.removeprefix(BOM).lstrip()
    if start.startswith(FIELD_STARTS):
        return EventStream(response, translator, call.limits, first=first)
    if not start.startswith(b"{"):
        raise Unreadable(f"{response.content_type[:80]}" if start else "empty", page=start.startswith(b"<"))
    return WholeAnswer(await _whole(response, first, call, now))


def _coding(response: ClientResponse) -> str:
    """Return the answer's content coding, "" if none. Nothing is decompressed: few bytes may inflate to gigabytes."""
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    return "" if coding == "identity" else coding[:40]


def _translator(call: UpstreamCall, now: Now, generation_id: str) -> Translator:
    match call.request.endpoint:
        case Endpoint.CHAT:
            return Translator(ChatVocabulary(now, generation_id=generation_id))
        case Endpoint.IMAGES:
            return Translator(ImagesVocabulary(now, generation_id=generation_id))
    return Translator(ResponsesVocabulary(now, generation_id=generation_id))


class WholeAnswer:
    """Iterates over the single batch of an answer that arrived whole."""

    def __init__(self, events: Sequence[UpstreamEvent]) -> None:
        self._events = events

    def __aiter__(self) -> "WholeAnswer":
        return self

    async def __anext__(self) -> Sequence[UpstreamEvent]:
        events, self._events = self._events, ()
        if not events:
            raise StopAsyncIteration
        return events


async def _first_bytes(response: ClientResponse, call: UpstreamCall) -> bytes:
    """Return bytes from the first non-space character on; empty if there is none."""
    first = b""
    try:
        while len(first) < LARGE and not first.removeprefix(BOM).strip():
            data = await response.content.readany()
            if not data:
                break
            first += data
    except (ClientError, OSError, RuntimeError) as error:
        raise failure_of(error, Reach.SENT, call.limits) from error
    return first


async def _whole(response: ClientResponse, first: bytes, call: UpstreamCall, now: Now) -> list[UpstreamEvent]:
    raw = await _read_rest(response, first, call)
    generation_id = response.headers.get(GENERATION_ID, "")
    if len(raw) >= LARGE:
        return await to_thread(_read_whole, raw, call.request.endpoint, generation_id, now)
    return _read_whole(raw, call.request.endpoint, generation_id, now)


async def _read_rest(response: ClientResponse, first: bytes, call: UpstreamCall) -> bytes:
    """Return the whole body; of one that breaks, what arrived if that begins with a complete object."""
    pieces, size = [first], len(first)
    try:
        while data := await response.content.readany():
            pieces.append(data)
            size += len(data)
            if size > call.limits.event_bytes:
                raise EventTooLarge(call.limits.event_bytes)
    except (ClientError, OSError, RuntimeError) as error:
        raw = b"".join((*pieces, arrived(response.content)))
        with suppress(ValueError):
            if mapping(await to_thread(load_first, raw)):
                return raw
        raise failure_of(error, Reach.SENT, call.limits) from error
    return b"".join(pieces)


def _read_whole(raw: bytes, endpoint: Endpoint, generation_id: str, now: Now) -> list[UpstreamEvent]:
    """Read a whole response object, chat completion or set of pictures, or an error sent in its place."""
    try:
        body = mapping(load_first(raw))
    except ValueError as error:
        raise Unreadable("broken JSON") from error
    if endpoint is Endpoint.CHAT:
        if objects(body.get("choices")):
            return [read_completion(body, generation_id, now), StreamClosed(said_done=False)]
    elif endpoint is Endpoint.IMAGES:
        if objects(body.get("data")) or (isinstance(body.get("data"), list) and not body.get("error")):
            return [read_pictures(body, generation_id), StreamClosed(said_done=False)]
    elif isinstance(body.get("output"), list) or isinstance(body.get("status"), str):
        return [read_response(body, generation_id, now), StreamClosed(said_done=False)]
    if body.get("error"):
        raise Refused(read_problem(body, now=now(), in_stream=False))
    raise Unreadable("JSON, but not a response")


async def _problem(response: ClientResponse, now: Now) -> UpstreamProblem:
    """Read the body of an error, limited to the part that arrives within a few seconds."""
    raw = b""
    with suppress(ClientError, OSError, RuntimeError):
        async with timeout(ERROR_SECONDS):
            while len(raw) < ERROR_BYTES and (data := await response.content.readany()):
                raw += data
    if response.status < HTTPStatus.BAD_REQUEST:
        return _redirect(response)
    if _coding(response):
        raw = b""
    return problem_of_answer(response.status, response.headers, raw.removeprefix(BOM), now())


def _redirect(response: ClientResponse) -> UpstreamProblem:
    try:
        target = URL(response.headers.get("Location", ""))
        place = f"{target.scheme}://{target.host}" if target.host else "another path"
    except ValueError:
        place = "elsewhere"
    text = f"redirected to {place}"
    return UpstreamProblem(status=response.status, kind="redirect", text=text)
