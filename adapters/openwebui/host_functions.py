"""Calls of the host's functions and queries in its database: blocking up to 0.8, coroutines from 0.9."""

import asyncio
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

from adapters.openwebui.uncancelled import uncancelled
from ports.storable_texts import REFUSED

DATABASE, STORED_SETTINGS = "open_webui.internal.db", "open_webui.models.config"
_REFUSED = re.compile(f"[{REFUSED}]")


async def called(function: Callable[..., Any], *arguments: object, **named: object) -> Any:
    """Call a function of the host: coroutines on the loop, all others in a thread; neither ends with its caller."""
    if iscoroutinefunction(function):
        return await uncancelled(function(*arguments, **named))
    return await asyncio.to_thread(function, *arguments, **named)


async def selected(query: Any) -> list[Any]:
    """Return the rows of a query in the host's database: on the loop if the host has sessions for it."""
    database = import_module(DATABASE)
    open_session = getattr(database, "get_async_db_context", None)
    if open_session is None:
        return await asyncio.to_thread(_read, database, query)
    return await uncancelled(_select(open_session, query))


def storable(texts: Iterable[str]) -> list[str]:
    """Return the texts that the host's database may hold; a query for any other fails as a whole."""
    return [text for text in texts if not _REFUSED.search(text)]


async def stored_setting(request: Any, key: str, name: str) -> Any:
    """Return a setting that administrators may change: `key` in the table from 0.10 on, else `name` at the host's app.

    Raises what the host raises.
    """
    try:
        table = import_module(STORED_SETTINGS)
    except ImportError:
        return await asyncio.to_thread(getattr, request.app.state.config, name)  # it may ask Redis, and wait for it
    return await uncancelled(table.Config.get(key))


async def _select(open_session: Callable[[], Any], query: Any) -> list[Any]:
    async with open_session() as session:
        return list(await session.execute(query))


def _read(database: Any, query: Any) -> list[Any]:
    with database.get_db() as session:
        return list(session.execute(query))
