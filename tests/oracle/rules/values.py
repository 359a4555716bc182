"""Requirements for every value in a request: JSON, not null, encodable text, limited size."""

import json
from collections.abc import Iterator
from typing import Any

LARGEST_BODY = 20_000_000
LARGEST_INTEGER = 2**53 - 1


def value_complaints(body: object) -> Iterator[str]:
    """Walk the whole body without recursion; measure it only if it can be serialised."""
    waiting: list[tuple[str, Any]] = [("$", body)]
    clean = True
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            for key, one in value.items():
                complaint = text_complaint(key) if isinstance(key, str) else "1 key is not a string"
                if complaint:
                    clean = False
                    yield f"{complaint}: key of {path}"
                waiting.append((f"{path}.{key!s:.40}", one))
        elif isinstance(value, list):
            waiting += [(f"{path}[{at}]", one) for at, one in enumerate(value)]
        elif complaint := scalar_complaint(value):
            clean = False
            yield f"{complaint}: {path}"
    if clean:
        yield from size_complaints(body)


def size_complaints(body: object) -> Iterator[str]:
    try:
        if len(json.dumps(body, ensure_ascii=False).encode()) > LARGEST_BODY:
            yield "14.12 body larger than 20 MB"
    except RecursionError:
        yield "14.12 nested too deeply"


def scalar_complaint(value: object) -> str | None:
    if value is None:
        return "14.1 null"
    if isinstance(value, str):
        return text_complaint(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return "14.3 integer beyond 53 bits" if abs(value) > LARGEST_INTEGER else None
    if isinstance(value, float):
        return None if abs(value) < float("inf") else "14.3 not a finite number"
    return f"1 not JSON: {type(value).__name__}"


def text_complaint(text: str) -> str | None:
    if "\0" in text:
        return "14.12 NUL"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return "14.12 lone surrogate"
    return None


def is_integer(value: object, low: int, high: int | None = None) -> bool:
    """Return whether a value is a JSON integer within bounds; True and 5.0 are not."""
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return low <= value and (high is None or value <= high)


def is_number(value: object, low: float = float("-inf"), high: float = float("inf")) -> bool:
    """Return whether a value is a number within bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def is_text(value: object, longest: int | None = None) -> bool:
    """Return whether a value is a non-empty string; length is counted in UTF-16 units, as the server does."""
    if not isinstance(value, str) or not value:
        return False
    return longest is None or len(value.encode("utf-16-le", "surrogatepass")) // 2 <= longest


def is_texts(value: object) -> bool:
    """Return whether a value is a non-empty list of non-empty strings."""
    return isinstance(value, list) and bool(value) and all(is_text(one) for one in value)
