"""Reads what an error says beside its kind and text, bounded: codes, amounts, the frame of a stream, the raw error."""

from decimal import Decimal
from itertools import islice

from adapters.openrouter.wire.codec import FASTEST
from adapters.openrouter.wire.fields import amount, count, first_text, mapping, objects, text
from ports.json_values import JsonObject
from ports.problem_details import ErrorChunk, ProblemDetails, RawError

NAME_LIMIT, MESSAGE_LIMIT, RAW_LIMIT = 200, 2_000, 4_096
"""Characters; readers show less, after they have masked secrets."""
FLAGGED_LIMIT = 300
LONGEST_NUMBER = 40
MOST_AMOUNTS, MOST_ENTRIES, DEEPEST = 20, 200, 6
LARGEST = 2**63
CUT = "\u2026"
"""Stands for a value that is left out."""
NO_RAW = ("output", "input", "instructions", "tools", "text", "choices", "usage", "user_id", "openrouter_metadata")
"""Fields of a failed response that repeat the request or the answer, or name the account."""


def read_details(body: JsonObject, error: JsonObject, metadata: JsonObject, *, in_stream: bool) -> ProblemDetails:
    """Read the details of an error. `body`: the envelope; `metadata`: the error's own, or that beside it."""
    availability = mapping(error.get("availability")) or mapping(body.get("availability"))
    return ProblemDetails(
        code=_code(error.get("code")),
        message=" ".join(text(error.get("message"))[: 2 * MESSAGE_LIMIT].split())[:MESSAGE_LIMIT],
        flagged=" ".join(text(metadata.get("flagged_input"))[: 2 * FLAGGED_LIMIT].split())[:FLAGGED_LIMIT],
        amounts=_amounts(metadata),
        limit_type=_name(first_text((metadata.get("rate_limit_type"), metadata.get("limit_type")))),
        availability=_name(availability.get("code")),
        chunk=_chunk(body) if in_stream else None,
        raw=RawError(
            body=_json({key: value for key, value in body.items() if key not in NO_RAW}),
            metadata=_json(metadata),
            provider=_json(metadata.get("raw")),
        ),
    )


def _name(value: object) -> str:
    return text(value).strip()[:NAME_LIMIT]


def _code(value: object) -> str:
    return str(value)[:NAME_LIMIT] if isinstance(value, int) and not isinstance(value, bool) else _name(value)


def _chunk(frame: JsonObject) -> ErrorChunk:
    finished = objects(frame.get("choices"))[:1]
    native = (*(choice.get("native_finish_reason") for choice in finished), frame.get("native_finish_reason"))
    return ErrorChunk(
        id=_name(frame.get("id")),
        created=count(frame.get("created")) or count(frame.get("created_at")),
        provider=_name(frame.get("provider")),
        model=_name(frame.get("model")),
        native_finish_reason=_name(first_text(native)),
    )


def _amounts(metadata: JsonObject) -> tuple[tuple[str, Decimal], ...]:
    found = ((name[:NAME_LIMIT], _signed(value)) for name, value in islice(metadata.items(), MOST_ENTRIES))
    return tuple((name, number) for name, number in found if number is not None)[:MOST_AMOUNTS]


def _signed(value: object) -> Decimal | None:
    """Return a number, which may be below zero: balances are."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        below = amount(-value)
        return -below if below is not None else None
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        return None
    negative = isinstance(value, str) and value.strip().startswith("-")
    number = amount(value.strip()[1:] if negative and isinstance(value, str) else value)
    return -number if negative and number is not None else number


def _json(value: object) -> str:
    """Write a value as JSON, at most RAW_LIMIT characters; of a text, the text itself."""
    if isinstance(value, str):
        return _cut(value, RAW_LIMIT)
    kept = _Clipper().clipped(value, RAW_LIMIT) if value else None
    return _cut(FASTEST.dumps(kept).decode("utf-8", "replace"), RAW_LIMIT) if kept else ""


def _cut(written: str, most: int) -> str:
    """Cut a long text between two words: half a secret would not be recognised."""
    if len(written) <= most:
        return written
    parted = max(written.rfind(sign, most // 2, most) for sign in ' ",')
    return written[: parted if parted > 0 else most // 2]


class _Clipper:
    """Copies a value so that writing the copy as JSON is cheap and never fails, whatever the value is."""

    def __init__(self) -> None:
        self._left = MOST_ENTRIES

    def clipped(self, value: object, most: int, depth: int = 0) -> object:
        """Return a copy with at most MOST_ENTRIES values, none of them longer than `most` characters."""
        self._left -= 1
        if isinstance(value, str):
            return _sound(_cut(value, most))
        if isinstance(value, dict | list) and depth < DEEPEST:
            inner = most // 2
            if isinstance(value, list):
                return [
                    self.clipped(entry, inner, depth + 1) for entry in islice(value, MOST_ENTRIES) if self._left > 0
                ]
            entries = islice(value.items(), MOST_ENTRIES)
            return {
                _sound(str(key)[:NAME_LIMIT]): self.clipped(entry, inner, depth + 1)
                for key, entry in entries
                if self._left > 0
            }
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float) and abs(value) < LARGEST:
            return value
        return CUT


def _sound(written: str) -> str:
    """Return a text without unpaired surrogates, which no JSON in UTF-8 holds."""
    return written.encode("utf-8", "replace").decode()
