"""Which models upstream offers."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, runtime_checkable

from ports.responses import Route


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of upstream's list.

    `id` is the exact slug to send. Prices are USD per token, None when unknown or variable ("-1").
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
    reasoning_mandatory: bool = False
    reasoning_efforts: tuple[str, ...] | None = None


class CatalogError(Exception):
    """The list could not be loaded; `status` is upstream's HTTP status or None. Safe to try again later."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@runtime_checkable
class Catalog(Protocol):
    """Reads upstream's list of models."""

    async def fetch(self, route: Route) -> tuple[Model, ...]:
        """Return all text models in upstream's order. Raises CatalogError; an unreadable entry is left out."""
        ...

    async def check_key(self, route: Route) -> None:
        """Return if upstream accepts the key; raises CatalogError with its status otherwise."""
        ...
