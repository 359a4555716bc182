"""The host's functions for model rows, found by their names and features."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

from ports.model_rows import RowsNotOffered

MODELS, DATABASE, SETTINGS = "open_webui.models.models", "open_webui.internal.db", "open_webui.config"

Stored = Any
"""A row as the host's functions return it: id, name, base_model_id, meta, params, is_active, and its access."""


@dataclass(frozen=True, slots=True)
class ModelTable:
    """Functions of one host, blocking or coroutines; `ids` always waits, `get_many` is None where it is missing."""

    ids: Callable[[str], Awaitable[list[str]]]
    get: Callable[[str], Any]
    get_many: Callable[[list[str]], Any] | None
    insert: Callable[..., Any]
    update: Callable[..., Any]
    form: Any

    def filled(self, **values: object) -> Any:
        """Return the host's form with those of the values it has a field for."""
        return self.form(**{name: value for name, value in values.items() if name in self.form.model_fields})


def model_table() -> ModelTable:
    """Look the functions up in the host's modules, which are loaded already. Raises RowsNotOffered."""
    module = _module(MODELS)
    functions = _named(module, "Models")
    get = _named(functions, "get_model_by_id")
    table = _named(_named(module, "Model"), "__table__")
    query = _ids_in_thread
    if iscoroutinefunction(get):
        query = _ids_on_loop
    return ModelTable(
        ids=lambda prefix: query(table, prefix),
        get=get,
        get_many=getattr(functions, "get_models_by_ids", None),
        insert=_named(functions, "insert_new_model"),
        update=_named(functions, "update_model_by_id"),
        form=_named(module, "ModelForm"),
    )


def setting(name: str, *, default: bool) -> bool:
    """Return a switch the host was started with. Raises RowsNotOffered where there is no host."""
    return bool(getattr(_module(SETTINGS), name, default))


async def _ids_on_loop(table: Any, prefix: str) -> list[str]:
    async with _named(_module(DATABASE), "get_async_db_context")() as session:
        return list((await session.execute(_query(table, prefix))).scalars())


async def _ids_in_thread(table: Any, prefix: str) -> list[str]:
    def read() -> list[str]:
        with _named(_module(DATABASE), "get_db")() as session:
            return list(session.execute(_query(table, prefix)).scalars())

    return await asyncio.to_thread(read)


def _query(table: Any, prefix: str) -> Any:
    column = table.c.id
    return table.select().with_only_columns(column).where(column.startswith(prefix, autoescape=True))


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise RowsNotOffered(name) from error


def _named(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise RowsNotOffered(f"{getattr(owner, '__name__', type(owner).__name__)}.{name}") from error
