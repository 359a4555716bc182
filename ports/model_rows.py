"""What the host keeps about models beside their names: boxes, descriptions, who may use them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ports.json_values import JsonObject


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One row as read: `id` is `<function id>.<slug>`; entries of `meta` that say nothing are left out.

    `public`: everybody may use the model. `preset`: not a function's own model but one built on another. `claimed`: a
    person has given it an owner, parameters, groups or people who may use it, or has switched it off.
    """

    id: str
    name: str
    meta: JsonObject = field(default_factory=dict)
    public: bool = False
    preset: bool = False
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to insert; it belongs to nobody. Not `public`: only administrators may use the model."""

    id: str
    name: str
    meta: JsonObject
    public: bool = False


@dataclass(frozen=True, slots=True)
class RowChange:
    """What to write: these entries of `meta` replace those of the same key, all others stay. None keeps the name."""

    meta: JsonObject
    name: str | None = None


Edit = Callable[[ModelRow], RowChange | None]
"""Says what to change in a row as it stands now; None for nothing. Pure and quick: it may be asked twice."""

Judge = Callable[[ModelRow], bool]
"""Says whether a row as it stands now may go. Pure and quick."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the host does for a model that has no row, and what a row costs it.

    `boxes`: the capability boxes it reads, with the value each has without a row. `setting` names the host's variable
    that would keep a row from costing every chat a second database connection inside the first; "" if rows cost none.
    """

    boxes: Mapping[str, bool] = field(default_factory=dict)
    setting: str = ""


class ModelRowsError(Exception):
    """The rows could not be read or written."""


class RowsNotOffered(ModelRowsError):
    """This host has no such rows, or another way to them; trying again is no use. `what` names what is missing."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the host does not offer {what}")
        self.what = what


class RowsUnavailable(ModelRowsError):
    """Not reachable now; the same call may succeed later. `reason` is the kind of error, without its text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the host's model rows cannot be read: {reason}")
        self.reason = reason


class RowRefused(ModelRowsError):
    """The host did not store this row; others may be fine. `reason` is the kind of error, without its text."""

    def __init__(self, row_id: str, reason: str) -> None:
        super().__init__(f"the host did not store the row {row_id}: {reason}")
        self.row_id, self.reason = row_id, reason


@runtime_checkable
class ModelRows(Protocol):
    """The rows of a host. Other processes may read and write them at the same time.

    Nothing blocks the event loop for longer than one row or one small batch takes.
    """

    async def ids(self, function_id: str) -> frozenset[str]:
        """Return the ids of all rows below `<function id>.`, unreadable rows and presets included.

        Raises RowsNotOffered, RowsUnavailable.
        """
        ...

    async def built_on(self, function_id: str) -> frozenset[str]:
        """Return the ids below `<function id>.` that presets of the host are built on.

        Raises RowsNotOffered, RowsUnavailable.
        """
        ...

    async def read(self, row_ids: Collection[str]) -> tuple[ModelRow, ...]:
        """Return these rows in the order asked for, without those that are absent or unreadable; keep batches small.

        Raises RowsNotOffered, RowsUnavailable.
        """
        ...

    async def insert(self, row: NewRow) -> bool:
        """Store a row unless its id is taken; False if it was. Raises RowsNotOffered, RowRefused."""
        ...

    async def update(self, row_id: str, edit: Edit) -> bool:
        """Read the row again, ask `edit`, store its change; False if the row is absent or nothing is to change.

        Who owns the row, who may use it, its parameters and whether it is switched on stay as they are. A row that
        somebody else changed meanwhile is read and edited once more. Raises RowsNotOffered, RowRefused.
        """
        ...

    async def remove(self, row_id: str, judge: Judge) -> bool:
        """Read the row again, ask `judge`, delete the row; False if it is absent or stays.

        Raises RowsNotOffered, RowRefused.
        """
        ...


@runtime_checkable
class ModelRowRules(Protocol):
    """What the host makes of models and their rows."""

    async def assumed(self) -> Assumed:
        """Return what this host assumes now: its administrators may change it. Raises RowsNotOffered."""
        ...

    async def admins_see_private(self) -> bool:
        """Tell whether administrators may use a model whose row is granted to nobody. Raises RowsNotOffered."""
        ...


@runtime_checkable
class HostModels(ModelRows, ModelRowRules, Protocol):
    """Both in one adapter, for whoever brings a host; a use case asks for what it needs."""
