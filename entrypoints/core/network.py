"""What one core reaches over the network: upstream through one pool of connections, and addresses to download from."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from adapters.fetch.fetcher import AioFetcher
from adapters.openrouter.allowances import AioAllowances
from adapters.openrouter.catalog.listing import AioCatalog
from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.figures import AioFigures
from adapters.openrouter.generations import AioGenerations
from adapters.openrouter.transport.environment import read_environment
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.state import shared_state
from adapters.process.threads import ThreadOffload
from entrypoints.core.core_books import UpstreamAccounts
from entrypoints.core.foundation import Foundation
from ports.catalog import Catalog
from ports.fetcher import Fetcher
from ports.responses import ResponsesClient

LOOKUPS = 4
"""Names that are looked up at the same time; slow lookups do not count."""


@dataclass(frozen=True, slots=True)
class Network:
    """Belongs to one event loop. `fetcher` downloads; all others ask upstream."""

    responses: ResponsesClient
    catalog: Catalog
    accounts: UpstreamAccounts
    fetcher: Fetcher


def open_network(stack: AsyncExitStack, base: Foundation, most_requests: Callable[[], int]) -> Network:
    """Open what reaches the network; `stack` closes it. It connects to nothing before it needs to.

    `most_requests` returns how many requests to upstream may run at the same time.
    """
    read_surroundings, lookups = partial(read_environment, shared=shared_state()), ThreadOffload(LOOKUPS)
    pool = SessionPool(base.telemetry, read_surroundings)
    stack.push_async_callback(pool.aclose)
    stack.push_async_callback(lookups.aclose)
    return Network(
        AioResponsesClient(pool, base.clock, base.telemetry, most_requests),
        AioCatalog(pool, base.clock, most_requests),
        UpstreamAccounts(
            AioGenerations(pool, most_requests), AioFigures(pool, most_requests), AioAllowances(pool, most_requests)
        ),
        AioFetcher(partial(read_surroundings, base.telemetry), offload=base.offload, lookups=lookups),
    )
