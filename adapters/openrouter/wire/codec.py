"""Chooses the JSON library: orjson if it is installed, otherwise the standard library."""

from collections.abc import Callable
from dataclasses import dataclass
from json import JSONDecoder
from json import dumps as stdlib_dumps
from json import loads as stdlib_loads

try:
    from orjson import dumps as orjson_dumps
    from orjson import loads as orjson_loads

    ORJSON_INSTALLED = True
except ImportError:
    ORJSON_INSTALLED = False


BOM = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""
_DECODER = JSONDecoder()


@dataclass(frozen=True, slots=True)
class Codec:
    """A pair of functions over UTF-8: `loads` raises ValueError, `dumps` ValueError or TypeError."""

    name: str
    loads: Callable[[bytes], object]
    dumps: Callable[[object], bytes]


def load_patiently(payload: bytes) -> object:
    """Decode JSON that a strict parser rejects: lone surrogates, invalid UTF-8, integers beyond 64 bits.

    Raises ValueError if it is not JSON at all.
    """
    try:
        return stdlib_loads(payload.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _dump_plainly(value: object) -> bytes:
    try:
        return stdlib_dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


STDLIB = Codec("json", load_patiently, _dump_plainly)
FASTEST = Codec("orjson", orjson_loads, orjson_dumps) if ORJSON_INSTALLED else STDLIB


def load_tolerantly(payload: bytes, codec: Codec = FASTEST) -> object:
    """Decode with `codec`, then with `load_patiently` if that fails. Raises ValueError."""
    try:
        return codec.loads(payload)
    except ValueError:
        return load_patiently(payload)


def load_first(payload: bytes) -> object:
    """Decode the JSON a payload begins with; a byte order mark before it and anything behind it do not count.

    Raises ValueError if the payload does not begin with complete JSON.
    """
    payload = payload.removeprefix(BOM)
    try:
        return load_tolerantly(payload)
    except ValueError:
        try:
            return _DECODER.raw_decode(payload.decode("utf-8", "replace").lstrip())[0]
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
