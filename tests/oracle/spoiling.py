"""Makes a valid request invalid: a change, and the judges that must notice it."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.oracle.right_shapes import RIGHT, Body

Change = Callable[[Body], object]

SHORT = "a short question"
PARALLEL = "parallel tools, one answering with a picture"
CLAUDE = "a Claude budget with a cache mark"
SIGNED = "signed Claude thoughts before a call"
SAMPLING = "all sampling the model lists"
SCHEMA = "an answer by schema"
ROUTING = "routing"
EVERY = "every medium"
GEMINI = "a Gemini call with its signature"
DOCUMENT = "a document for a model that reads only text"
PICTURE_WANTED = "a picture wanted"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A change that makes a valid request invalid, and the judges that must notice it."""

    right: str
    change: Change
    judges: frozenset[str]


def wrong(right: str, judges: str, change: Change) -> Wrong:
    return Wrong(right, change, frozenset(judges.split()))


def spoilt(case: Wrong) -> Body:
    """Return the valid request with the change applied."""
    body = deepcopy(RIGHT[case.right])
    case.change(body)
    return body


def put(key: str, value: Any) -> Change:
    """Set a top-level key."""
    return lambda body: body.update({key: value})


def items(*wanted: Body) -> Change:
    """Replace the conversation."""
    return put("input", list(wanted))


def within(change: Callable[[Any], object], *path: str | int) -> Change:
    """Apply a change to the object at a path."""

    def apply(body: Body) -> None:
        here: Any = body
        for step in path:
            here = here[step]
        change(here)

    return apply
