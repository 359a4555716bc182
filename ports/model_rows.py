"""The host's model rows: what it stores about a model besides the name (capabilities, description, access)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One stored row: `id` is `<function id>.<slug>`; empty entries of `meta` are left out.

    `public`: everybody may use the model. `preset`: a model that a user built on top of another one. `claimed`: someone
    has set its owner, parameters, groups or users, or has switched it off.
    """

    id: str
    name: str
    meta: JsonObject = field(default_factory=dict)
    public: bool = False
    preset: bool = False
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to insert, without an owner. Not `public`: only administrators may use the model."""

    id: str
    name: str
    meta: JsonObject
    public: bool = False


@dataclass(frozen=True, slots=True)
class RowChange:
    """A change to a row: these entries of `meta` replace those with the same key. `name` None keeps the name."""

    meta: JsonObject
    name: str | None = None


Edit = Callable[[ModelRow], RowChange | None]
"""Returns the change for a row as stored now, None for no change. Pure and quick: it may be called twice."""

Judge = Callable[[ModelRow], bool]
"""Returns whether a row as stored now may be deleted. Pure and quick."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """The host's defaults for a model without a row, and the cost of having a row.

    `boxes`: the capability boxes the host reads, with their values for a model without a row. `setting` names the
    host's environment variable that stops a row from costing each chat a second, nested database connection; "" if a
    row does not cost one.
    """

    boxes: Mapping[str, bool] = field(default_factory=dict)
    setting: str = ""


class ModelRowsError(Exception):
    """The rows could not be read or written."""


class RowsNotOffered(ModelRowsError):
    """This host has no model rows, or an unknown API for them; do not retry. `what` names the missing part."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the host does not offer {what}")
        self.what = what


class RowsUnavailable(ModelRowsError):
    """The rows cannot be reached now; the same call may succeed later. `reason` is the error's type, not its text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the host's model rows cannot be read: {reason}")
        self.reason = reason


class RowRefused(ModelRowsError):
    """The host did not store this row; others may work. `reason` is the error's type, not its text."""

    def __init__(self, row_id: str, reason: str) -> None:
        super().__init__(f"the host did not store the row {row_id}: {reason}")
        self.row_id, self.reason = row_id, reason


@runtime_checkable
class ModelRows(Protocol):
    """The model rows of a host. Other processes may read and write them at the same time.

    No method blocks the event loop for longer than one row or one small batch takes.
    """

    async def ids(self, function_id: str) -> frozenset[str]:
        """Return the ids of all rows that begin with `<function id>.`, including unreadable rows and presets.

        Raises RowsNotOffered, RowsUnavailable.
        """
        ...

    async def built_on(self, function_id: str) -> frozenset[str]:
        """Return the ids beginning with `<function id>.` that presets of the host are built on.

        Raises RowsNotOffered, RowsUnavailable.
        """
        ...

    async def read(self, row_ids: Collection[str]) -> tuple[ModelRow, ...]:
        """Return these rows in the order of `row_ids`, without absent or unreadable ones; keep batches small.

        Raises RowsNotOffered, RowsUnavailable.
        """
        ...

    async def insert(self, row: NewRow) -> bool:
        """Store a row unless its id exists; return False if it does. Raises RowsNotOffered, RowRefused."""
        ...

    async def update(self, row_id: str, edit: Edit) -> bool:
        """Read the row again, call `edit`, store the change; return False if the row is absent or nothing changes.

        Owner, access, parameters and the on/off switch stay as they are. A row that changed meanwhile is read and
        edited once more. Raises RowsNotOffered, RowRefused.
        """
        ...

    async def remove(self, row_id: str, judge: Judge) -> bool:
        """Read the row again, call `judge`, delete the row; return False if it is absent or was kept.

        Raises RowsNotOffered, RowRefused.
        """
        ...


@runtime_checkable
class ModelRowRules(Protocol):
    """What the host makes of models and their rows."""

    async def assumed(self) -> Assumed:
        """Return the host's current defaults; administrators may change them at any time. Raises RowsNotOffered."""
        ...

    async def admins_see_private(self) -> bool:
        """Return whether administrators may use a model whose row grants access to no one. Raises RowsNotOffered."""
        ...


@runtime_checkable
class HostModels(ModelRows, ModelRowRules, Protocol):
    """Both in one adapter, for whoever brings a host; a use case asks for what it needs."""
