"""Model rows in memory."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from ports.model_rows import Assumed, Edit, Judge, ModelRow, NewRow

BOXES = {"vision": True, "builtin_tools": True}


class MemoryModelRows:
    """Implements ModelRows; `rows` by id, `writes` counts rows stored or deleted since the start.

    `presets` maps the id of each preset to the id of its base model.
    """

    def __init__(
        self, *rows: ModelRow, admins_see_private: bool = True, boxes: Mapping[str, bool] = BOXES, setting: str = ""
    ) -> None:
        self.rows = {row.id: row for row in rows}
        self.writes = 0
        self._admins_see_private = admins_see_private
        self._assumed = Assumed(boxes, setting)
        self.presets: dict[str, str] = {}

    async def ids(self, function_id: str) -> frozenset[str]:
        """Return the ids of all rows that begin with `<function id>.`."""
        return frozenset(row_id for row_id in self.rows if row_id.startswith(f"{function_id}."))

    async def built_on(self, function_id: str) -> frozenset[str]:
        """Return the ids beginning with `<function id>.` that presets are built on."""
        return frozenset(base for base in self.presets.values() if base.startswith(f"{function_id}."))

    async def read(self, row_ids: Collection[str]) -> tuple[ModelRow, ...]:
        """Return these rows, without those that are absent."""
        return tuple(self.rows[row_id] for row_id in row_ids if row_id in self.rows)

    async def insert(self, row: NewRow) -> bool:
        """Store a row unless its id exists."""
        if row.id in self.rows:
            return False
        self._store(ModelRow(row.id, row.name, dict(row.meta), public=row.public))
        return True

    async def update(self, row_id: str, edit: Edit) -> bool:
        """Call `edit` with the current row and store its change."""
        row = self.rows.get(row_id)
        change = None if row is None else edit(row)
        if row is None or change is None:
            return False
        self._store(replace(row, name=change.name or row.name, meta={**row.meta, **change.meta}))
        return True

    async def remove(self, row_id: str, judge: Judge) -> bool:
        """Call `judge` with the current row and delete it."""
        row = self.rows.get(row_id)
        if row is None or not judge(row):
            return False
        del self.rows[row_id]
        self.writes += 1
        return True

    async def assumed(self) -> Assumed:
        """Return the value passed to the constructor."""
        return self._assumed

    async def admins_see_private(self) -> bool:
        """Return the value passed to the constructor."""
        return self._admins_see_private

    def _store(self, row: ModelRow) -> None:
        self.rows[row.id] = row
        self.writes += 1
