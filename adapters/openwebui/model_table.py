"""The host's functions for model rows, detected by their names and features."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import iscoroutinefunction
from typing import Any

from adapters.openwebui.uncancelled import uncancelled
from ports.model_rows import RowsNotOffered

MODELS, DATABASE, SETTINGS = "open_webui.models.models", "open_webui.internal.db", "open_webui.config"
ENVIRONMENT, STORED_SETTINGS, BUILTIN_TOOLS = "open_webui.env", "open_webui.models.config", "open_webui.tools.builtin"
SHARING = "DATABASE_ENABLE_SESSION_SHARING"

Stored = Any
"""A row as the host's functions return it: id, name, base_model_id, meta, params, is_active, and its access."""


@dataclass(frozen=True, slots=True)
class ModelTable:
    """Model row functions of one host, blocking or coroutines; `get_many` is None if the host has no such function.

    `ids` and `bases` are always coroutines; `bases` returns the models that presets are built on.
    """

    ids: Callable[[str], Awaitable[list[str]]]
    bases: Callable[[str], Awaitable[list[str]]]
    get: Callable[[str], Any]
    get_many: Callable[[list[str]], Any] | None
    insert: Callable[..., Any]
    update: Callable[..., Any]
    delete: Callable[[str], Any]
    form: Any

    def filled(self, **values: object) -> Any:
        """Return the host's form, filled with those values for which it has a field."""
        return self.form(**{name: value for name, value in values.items() if name in self.form.model_fields})


def model_table() -> ModelTable:
    """Find the functions in the host's modules, which are already imported. Raises RowsNotOffered."""
    module = _module(MODELS)
    functions = _named(module, "Models")
    get = _named(functions, "get_model_by_id")
    table = _named(_named(module, "Model"), "__table__")
    query = _column_in_thread
    if iscoroutinefunction(get):
        query = _column_on_loop
    return ModelTable(
        ids=lambda prefix: uncancelled(query(table.select(), table.c.id, prefix)),
        bases=lambda prefix: uncancelled(query(table.select(), table.c.base_model_id, prefix)),
        get=get,
        get_many=getattr(functions, "get_models_by_ids", None),
        insert=_named(functions, "insert_new_model"),
        update=_named(functions, "update_model_by_id"),
        delete=_named(functions, "delete_model_by_id"),
        form=_named(module, "ModelForm"),
    )


def setting(name: str, *, default: bool) -> bool:
    """Return a boolean setting of the host's environment. Raises RowsNotOffered if there is no host."""
    return bool(getattr(_module(SETTINGS), name, default))


async def default_boxes() -> dict[str, bool]:
    """Return the capability boxes this host reads for a model without a row: on, unless administrators changed them.

    Source: Open WebUI `utils/models.py`, `utils/middleware.py`, `utils/tools.py` and the page, 0.6.28 to 0.12.4.
    """
    boxes = {"vision": True}
    if _exists(BUILTIN_TOOLS):
        boxes |= {"builtin_tools": True, "file_context": True}
    configured = (await _default_metadata() or {}).get("capabilities")
    set_boxes = configured if isinstance(configured, dict) else {}
    return boxes | {name: on for name, on in set_boxes.items() if isinstance(on, bool)}


def sharing_setting() -> str:
    """Return the host's environment variable that saves the extra connection per row; "" if rows need none.

    Hosts from 0.9 on read a row's grants on a second connection while they hold the first; on PostgreSQL a burst of
    chats can then exhaust the host's own pool. Source: Open WebUI `models/models.py`, `internal/db.py`.
    """
    environment = _module(ENVIRONMENT)
    on_postgres = str(getattr(environment, "DATABASE_URL", "")).startswith("postgres")
    nests = iscoroutinefunction(_named(_named(_module(MODELS), "Models"), "get_model_by_id"))
    return SHARING if on_postgres and nests and getattr(environment, SHARING, None) is False else ""


async def _default_metadata() -> Any:
    """Read the administrators' defaults for all models: stored from 0.10 on, an object before, none in 0.6."""
    try:
        return await uncancelled(_named(_named(_module(STORED_SETTINGS), "Config"), "get")("models.default_metadata"))
    except (RowsNotOffered, TypeError):
        held = getattr(_module(SETTINGS), "DEFAULT_MODEL_METADATA", None)
        return getattr(held, "value", held)


async def _column_on_loop(select: Any, column: Any, prefix: str) -> list[str]:
    async with _named(_module(DATABASE), "get_async_db_context")() as session:
        return list((await session.execute(_query(select, column, prefix))).scalars())


async def _column_in_thread(select: Any, column: Any, prefix: str) -> list[str]:
    def read() -> list[str]:
        with _named(_module(DATABASE), "get_db")() as session:
            return list(session.execute(_query(select, column, prefix)).scalars())

    return await asyncio.to_thread(read)


def _query(select: Any, column: Any, prefix: str) -> Any:
    return select.with_only_columns(column).where(column.startswith(prefix, autoescape=True))


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise RowsNotOffered(name) from error


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _named(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise RowsNotOffered(f"{getattr(owner, '__name__', type(owner).__name__)}.{name}") from error
