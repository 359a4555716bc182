"""What a dialect is: how one maker of models takes function tools."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.tools.measures import Measures
from domain.tools.schema_keywords import Schema


@dataclass(frozen=True, slots=True)
class StrictLimits:
    """What all strict tools of one request may have together; None for no limit. `unions`: schemas of several types."""

    tools: int | None = None
    unions: int | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """The rules of one maker.

    `form` turns a sound schema with an object at its root into what the maker takes without strict mode. `permits`
    returns whether a closed schema may be sent in strict mode; None if there is no strict mode. `most_tools`: function
    tools in one request, None for no known limit.
    """

    name: str
    form: Callable[[Schema], Schema]
    permits: Callable[[Measures], bool] | None
    most_tools: int | None
    strict_limits: StrictLimits = StrictLimits()
