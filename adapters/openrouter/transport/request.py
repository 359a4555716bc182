"""An outgoing request: its headers, and a payload that records whether upstream may have received all of it."""

from asyncio import Transport, sleep, timeout
from collections.abc import Iterable, Iterator
from re import compile as pattern

from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import StreamWriter
from aiohttp.payload import Payload
from yarl import URL

from adapters.openrouter.errors.network import StalledUpload
from adapters.openrouter.wire.long_strings import LongBody, slices_of
from ports.responses import CallWatch, InvalidKey, InvalidRoute, Reach, Route

AT_ONCE = 1024 * 1024
"""Bytes written before other tasks get a turn, even if upstream reads as fast as they are written."""
CONTROL = pattern(r"[\x00-\x1f\x7f]+")
TOKEN = pattern(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OURS = frozenset(
    ("accept-encoding", "authorization", "connection", "content-length", "cookie", "host", "transfer-encoding")
)


def address_of(route: Route, path: str) -> URL:
    """Return the URL of an endpoint. Raises InvalidRoute."""
    try:
        url = URL(f"{route.base_url}/{path}")
        host = url.host  # decodes the name, which may fail
    except ValueError:
        raise InvalidRoute("the base URL is malformed") from None  # the cause quotes it
    if url.scheme not in ("http", "https") or not host:
        raise InvalidRoute("the base URL is not http(s)://host/...")
    return url


def headers_of(route: Route, **more: str) -> dict[str, str]:
    """Return the headers of every request. Raises InvalidKey for a key that a header cannot contain."""
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    if route.api_key:
        if not route.api_key.isascii() or not route.api_key.isprintable():
            raise InvalidKey("the API key contains characters that no key has")
        headers["Authorization"] = f"Bearer {route.api_key}"
    for name, value in (("HTTP-Referer", route.referer), ("X-OpenRouter-Title", route.title)):
        if cleaned := _cleaned(value):
            headers[name] = cleaned
    return headers


def add_headers(headers: dict[str, str], more: Iterable[tuple[str, str]]) -> None:
    """Add headers of one call; existing ones, and those reserved for the connection or the key, do not change.

    Control characters in a value become spaces. Raises InvalidRoute for an invalid header name.
    """
    known = OURS.union(name.lower() for name in headers)
    for name, value in more:
        if not TOKEN.fullmatch(name):
            raise InvalidRoute(f"no header can be named {name[:40]!r}")
        cleaned = _cleaned(value)
        if cleaned and name.lower() not in known:
            headers[name] = cleaned


def _cleaned(value: str) -> str:
    return CONTROL.sub(" ", value).encode("utf-8", "replace").decode().strip()


class Outgoing(Payload):
    """A JSON body written in slices; `reach` records how far it got.

    The request counts as sent once its last slice was passed to the transport: from then on upstream may have received
    and billed it, even if it turns out that upstream had closed the connection long before. Until then upstream has at
    most a part of a body whose full length it knows, and cannot act on it: not sent.
    """

    _autoclose = True

    def __init__(self, body: bytes | LongBody, stall: float | None, watch: CallWatch | None = None) -> None:
        super().__init__(body, content_type="application/json")
        self._size = body.size if isinstance(body, LongBody) else len(body)
        self._stall, self._watch = stall, watch
        self._transport: Transport | None = None
        self.reach = Reach.NOT_SENT

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the body as text."""
        return b"".join(self._slices()).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write the whole body."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Write the body; raises StalledUpload if upstream reads nothing within the stall limit."""
        if isinstance(writer, StreamWriter):
            self._transport = writer.transport
        if self._watch is not None:
            await self._watch.sending()
        written = at_once = 0
        for piece in self._slices():
            if at_once >= AT_ONCE:
                at_once = 0
                await sleep(0)
            await self._write_slice(writer, piece if content_length is None else piece[: content_length - written])
            written, at_once = written + len(piece), at_once + len(piece)
        self.reach = Reach.SENT
        self._value = b""  # an open stream does not need a copy of its request

    def abort(self) -> None:
        """Drop the connection; a normal close would first wait until upstream has read the buffered bytes."""
        if self._transport is not None:
            self._transport.abort()

    def _slices(self) -> Iterator[bytes | memoryview]:
        body: bytes | LongBody = self._value
        return body.slices() if isinstance(body, LongBody) else slices_of(body)

    async def _write_slice(self, writer: AbstractStreamWriter, piece: bytes | memoryview) -> None:
        try:
            async with timeout(self._stall):
                await writer.write(piece)
        except TimeoutError as error:
            raise StalledUpload from error
