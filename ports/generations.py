"""Upstream's own records of single calls: what each one really cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from ports.responses import Route


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """The bill of one call. `cost` is USD charged by OpenRouter, None if the record does not say.

    With `is_byok` (own keys) `cost` is OpenRouter's fee, and `upstream_cost` is what the provider charges beside it;
    None otherwise. Tokens are counted as in `Usage`. `model` and `provider` are empty if the record does not name them.
    """

    generation_id: str
    cost: Decimal | None = None
    upstream_cost: Decimal | None = None
    is_byok: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    model: str = ""
    provider: str = ""


class GenerationsUnavailable(Exception):
    """The record could not be read now; `status` is upstream's HTTP status, None without an answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@runtime_checkable
class Generations(Protocol):
    """Reads the records of calls. Safe to use from many tasks of one event loop."""

    async def find(self, route: Route, generation_id: str) -> GenerationRecord | None:
        """Return the record of a call that this route's key has made; None while upstream knows none.

        A record appears up to a minute after its call has ended. Raises GenerationsUnavailable.
        """
        ...
