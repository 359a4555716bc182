"""Rows of the host's table `model`, read and written through the host's own functions."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from adapters.openwebui.host_functions import called
from adapters.openwebui.model_table import (
    ModelTable,
    Stored,
    default_boxes,
    model_table,
    setting,
    sharing_setting,
)
from ports.model_rows import (
    Assumed,
    Edit,
    Judge,
    ModelRow,
    ModelRowsError,
    NewRow,
    RowChange,
    RowRefused,
    RowsUnavailable,
)

EVERYBODY = {"principal_type": "user", "principal_id": "*", "permission": "read"}
NOBODY = ""  # the owner id of rows without an owner
REMARK = "Follows OpenRouter's list of models."
CONFLICT = 409


class OpenWebUiModelRows:
    """Implements ModelRows inside the host's process, on its event loop.

    Up to 0.8 the host's functions block and run in a thread; from 0.9 they are coroutines. Up to 0.10 they swallow
    errors and return None; later ones raise. Source: the host's contract, model rows.
    """

    async def ids(self, function_id: str) -> frozenset[str]:
        """Return the ids of all rows that begin with `<function id>.`, by one query that selects ids only."""
        return await _below(function_id, model_table().ids)

    async def built_on(self, function_id: str) -> frozenset[str]:
        """Return the base model ids of presets, by a query that selects those only."""
        return await _below(function_id, model_table().bases)

    async def read(self, row_ids: Collection[str]) -> tuple[ModelRow, ...]:
        """Return these rows; if the host reads several at once, one unreadable row does not fail the others."""
        table, found = model_table(), dict[str, Stored]()
        with _translated(RowsUnavailable):
            if table.get_many is not None:
                found = {row.id: row for row in await called(table.get_many, list(row_ids))}
            for row_id in row_ids:
                if row_id not in found and (one := await called(table.get, row_id)) is not None:
                    found[row_id] = one
        return tuple(_row_of(found[row_id]) for row_id in row_ids if row_id in found)

    async def insert(self, row: NewRow) -> bool:
        """Store a row without an owner unless its id exists."""
        table = model_table()
        with _translated(lambda reason: RowRefused(row.id, reason)):
            if await called(table.get, row.id) is not None:
                return False
            try:
                stored = await called(table.insert, _new_form(table, row), NOBODY)
            except Exception:  # the host's code may raise anything, also if another process inserted the row first
                if await called(table.get, row.id) is not None:
                    return False
                raise
            if stored is not None:
                return True
            if await called(table.get, row.id) is not None:
                return False
        raise RowRefused(row.id, "not stored")

    async def update(self, row_id: str, edit: Edit) -> bool:
        """Read, edit and store one row; retry once if the host reports that it changed meanwhile."""
        table = model_table()
        with _translated(lambda reason: RowRefused(row_id, reason)):
            try:
                return await _updated(table, row_id, edit)
            except Exception as error:
                if getattr(error, "status_code", None) != CONFLICT:
                    raise
            return await _updated(table, row_id, edit)

    async def remove(self, row_id: str, judge: Judge) -> bool:
        """Read, judge and delete one row, with everything the host stores for it."""
        table = model_table()
        with _translated(lambda reason: RowRefused(row_id, reason)):
            stored = await called(table.get, row_id)
            if stored is None or not judge(_row_of(stored)):
                return False
            if await called(table.delete, row_id):
                return True
        raise RowRefused(row_id, "not deleted")

    async def assumed(self) -> Assumed:
        """Read the defaults from the host's modules and settings."""
        with _translated(RowsUnavailable):
            return Assumed(await default_boxes(), sharing_setting())

    async def admins_see_private(self) -> bool:
        """Return whether administrators bypass access control, which is the host's default."""
        return setting("BYPASS_ADMIN_ACCESS_CONTROL", default=True)


async def _below(function_id: str, query: Callable[[str], Awaitable[list[str]]]) -> frozenset[str]:
    """Run `query` and keep ids with the exact prefix: the database's LIKE also matches similar ones."""
    prefix = f"{function_id}."
    with _translated(RowsUnavailable):
        return frozenset(row_id for row_id in await query(prefix) if row_id.startswith(prefix))


async def _updated(table: ModelTable, row_id: str, edit: Edit) -> bool:
    stored = await called(table.get, row_id)
    change = None if stored is None else edit(_row_of(stored))
    if stored is None or change is None:
        return False
    if await called(table.update, row_id, _changed_form(table, stored, change)) is None:
        raise RowRefused(row_id, "not stored")
    return True


@contextmanager
def _translated(to: Callable[[str], ModelRowsError]) -> Iterator[None]:
    try:
        yield
    except ModelRowsError:
        raise
    except Exception as error:
        raise to(type(error).__name__) from error


def _row_of(stored: Stored) -> ModelRow:
    meta = stored.meta.model_dump(exclude_defaults=True)
    return ModelRow(
        stored.id,
        stored.name,
        {key: value for key, value in meta.items() if value is not None},
        public=_is_public(stored),
        preset=bool(stored.base_model_id),
        claimed=_is_claimed(stored),
    )


def _is_claimed(stored: Stored) -> bool:
    """Return whether a person has changed something in the row that the sync never writes."""
    access = getattr(stored, "access_control", None) or {}
    granted = getattr(stored, "access_grants", None) or any(access.values())
    params = stored.params.model_dump(exclude_defaults=True) if stored.params is not None else {}
    return bool(stored.user_id or granted or params or not stored.is_active)


def _is_public(stored: Stored) -> bool:
    grants = getattr(stored, "access_grants", None)
    if grants is None:
        return getattr(stored, "access_control", {}) is None
    return any((one.principal_type, one.principal_id, one.permission) == ("user", "*", "read") for one in grants)


def _new_form(table: ModelTable, row: NewRow) -> Any:
    """Build the form of a new row. Access is always set: on the oldest hosts its absence means public."""
    access: dict[str, object] = {
        "access_control": None if row.public else {},
        "access_grants": [EVERYBODY] if row.public else [],
    }
    return table.filled(id=row.id, name=row.name, meta=_complete(row.meta), params={}, commit_message=REMARK, **access)


def _changed_form(table: ModelTable, stored: Stored, change: RowChange) -> Any:
    """Build the form of a changed row: all stored values plus the change, because the host replaces the whole row.

    Grants are left out, which keeps them; the older access list is part of the row and must be passed back.
    """
    return table.filled(
        id=stored.id,
        base_model_id=stored.base_model_id,
        name=change.name or stored.name,
        meta=_complete({**stored.meta.model_dump(), **change.meta}),
        params=stored.params.model_dump(),
        is_active=stored.is_active,
        access_control=getattr(stored, "access_control", None),
        commit_message=REMARK,
    )


def _complete(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row with capabilities, as the host's editor stores them: 0.7 cannot chat without."""
    return {**meta, "capabilities": meta.get("capabilities") or {}}
