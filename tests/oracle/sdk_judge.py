"""Judges a request by the request model of the official Python SDK.

The model ignores unknown keys and converts values ("5" to 5); the server does neither. Therefore the validated model is
serialised again, and every difference from the body is a complaint.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from openrouter.components import ResponsesRequest
from pydantic import ValidationError

SHOWN = 200

Place = tuple[str | int, ...]


def judge(body: dict[str, Any], model_entry: dict[str, Any] | None) -> list[str]:
    """Return complaints about everything the SDK rejects, drops or changes; the catalog entry is not used."""
    try:
        written = ResponsesRequest.model_validate(body).model_dump(mode="json", by_alias=True, warnings=False)
    except ValidationError as error:
        return list(_refusals(error))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:  # raised by the SDK's own union helpers
        return [f"$: {error!s:.{SHOWN}}"]
    return list(_lost(body, written, "$"))


def _refusals(error: ValidationError) -> Iterator[str]:
    """Yield one line per place of the body, from the alternatives of the right kind."""
    places: dict[Place, dict[str, list[str]]] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        place, branch, rest = _split(one["loc"])
        text = f"{'.'.join(map(str, rest))} {one['msg']}".strip()
        places.setdefault(place, {}).setdefault(branch, []).append(text)
    for place, branches in places.items():
        right = [texts for texts in branches.values() if not any(text.startswith("type ") for text in texts)]
        said = "; ".join(text for texts in right for text in texts) or "fits no alternative"
        yield f"$.{'.'.join(map(str, place))}: {said[:SHOWN]}"


def _split(location: Place) -> tuple[Place, str, Place]:
    """Split a pydantic location into the place in the body, the name of the alternative, and the rest."""
    place: list[str | int] = []
    for at, one in enumerate(location):
        if isinstance(one, int) or (one.islower() and one.replace("_", "").isalnum() and one not in {"str", "float"}):
            place.append(one)
        elif "[" not in one:
            return tuple(place), one, tuple(part for part in location[at + 1 :] if "[" not in str(part))
    return tuple(place), "", ()


def _lost(sent: Any, written: Any, path: str) -> Iterator[str]:
    """Yield every place of `sent` that is missing or different in `written`; additional defaults are allowed."""
    if isinstance(sent, dict) and isinstance(written, dict):
        for key, value in sent.items():
            if key in written:
                yield from _lost(value, written[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}: dropped"
    elif isinstance(sent, list) and isinstance(written, list) and len(sent) == len(written):
        for at, (one, other) in enumerate(zip(sent, written, strict=True)):
            yield from _lost(one, other, f"{path}[{at}]")
    elif not _same(sent, written):
        yield f"{path}: {sent!r:.{SHOWN}} becomes {written!r:.{SHOWN}}"


def _same(sent: Any, written: Any) -> bool:
    if isinstance(written, date):
        return bool(sent == written.isoformat())
    if isinstance(sent, bool) or isinstance(written, bool):
        return sent is written
    if isinstance(sent, int | float) and isinstance(written, int | float):
        return sent == written
    return isinstance(written, type(sent)) and bool(sent == written)
