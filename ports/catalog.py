"""The models that upstream offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, runtime_checkable

from ports.responses import Route


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Which reasoning settings a model accepts.

    `takes_effort`: accepts an effort; `efforts` lists the allowed ones, None for all. `takes_budget`: accepts a number
    of tokens. `mandatory`: reasoning cannot be switched off.
    """

    mandatory: bool = False
    takes_effort: bool = False
    efforts: tuple[str, ...] | None = None
    takes_budget: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of upstream's model list.

    `id` is the exact slug to send. Prices are USD per token (`web_search_price`: per search), None when unknown or
    variable ("-1"). `listed_prices` are all prices that upstream lists for the model, each once; None stands for a
    variable or unreadable price. `reasoning` is None if the catalog does not describe it.
    """

    id: str
    name: str
    created: int = 0
    context_length: int | None = None
    max_completion_tokens: int | None = None
    prompt_price: Decimal | None = None
    completion_price: Decimal | None = None
    input_modalities: frozenset[str] = field(default_factory=frozenset)
    output_modalities: frozenset[str] = field(default_factory=frozenset)
    supported_parameters: frozenset[str] = field(default_factory=frozenset)
    reasoning: Reasoning | None = None
    canonical_slug: str = ""
    listed_prices: tuple[Decimal | None, ...] = ()
    description: str = ""
    web_search_price: Decimal | None = None


class CatalogError(Exception):
    """The list could not be loaded; `status` is upstream's HTTP status or None. Safe to retry later."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@runtime_checkable
class Catalog(Protocol):
    """Reads upstream's model list."""

    async def fetch(self, route: Route) -> tuple[Model, ...]:
        """Return all models in upstream's order, without unreadable entries. Raises CatalogError."""
        ...

    async def fetch_zero_retention(self, route: Route) -> frozenset[str]:
        """Return the ids of models that have an endpoint with zero data retention. Raises CatalogError."""
        ...

    async def fetch_icons(self, route: Route) -> Mapping[str, str]:
        """Return URLs of icons by model id, with and without variant, as upstream's public pages name them.

        The URLs are absolute and not checked; the key is not sent. Raises CatalogError.
        """
        ...

    async def check_key(self, route: Route) -> None:
        """Return normally if upstream accepts the key. Raises CatalogError with the HTTP status otherwise."""
        ...
