"""The models that upstream offers."""

from collections.abc import Mapping
from dataclasses import dataclass
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
class PictureOption:
    """A parameter of `POST /images` that a model accepts, under the name it has there.

    `values`: the texts it may have; empty if they are not listed. `least` and `most`: the bounds of a number, both
    included; None if there are none. `input_references` counts the pictures that may be sent.
    """

    name: str
    values: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """How a model draws that is called at `POST /images` alone.

    `options`: the parameters it accepts; None if the catalog does not describe them. `streams`: it may send the picture
    while it is drawn.
    """

    options: tuple[PictureOption, ...] | None = None
    streams: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """What a model costs beside its tokens in and out and its searches: USD, None when unknown, variable or not listed.

    `cache_read`, `cache_write` and `reasoning` are per token and replace the price of the same tokens in or out;
    `image` is per picture in the prompt, `request` per call.
    """

    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    image: Decimal | None = None
    request: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of upstream's model list.

    `id` is the exact slug to send. Prices are USD per token (`web_search_price`: per search), None when unknown or
    variable ("-1"). `listed_prices` are all prices that upstream lists for the model, each once; None stands for a
    variable or unreadable price. `reasoning` is None if the catalog does not describe it.
    `pictures` is None for a model that is called in chats; one that has it can only be called to draw. `prices` are the
    rarer prices.
    """

    id: str
    name: str
    created: int = 0
    context_length: int | None = None
    max_completion_tokens: int | None = None
    prompt_price: Decimal | None = None
    completion_price: Decimal | None = None
    input_modalities: frozenset[str] = frozenset()
    output_modalities: frozenset[str] = frozenset()
    supported_parameters: frozenset[str] = frozenset()
    reasoning: Reasoning | None = None
    canonical_slug: str = ""
    listed_prices: tuple[Decimal | None, ...] = ()
    description: str = ""
    web_search_price: Decimal | None = None
    pictures: Pictures | None = None
    prices: Prices = Prices()


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

    async def fetch_pictures(self, route: Route) -> tuple[Model, ...]:
        """Return the models that `POST /images` knows, in upstream's order; none is no error. Raises CatalogError.

        Some of them are in the list of `fetch` too, where they are described as models of chats.
        """
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
