"""The account that owns files stored for requests without a person; made when it is first needed."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.openwebui.file_rows import USERS
from adapters.openwebui.host_functions import called, selected
from ports.files import FileNotSaved
from ports.telemetry import Telemetry

AUTHS = "open_webui.models.auths"
PENDING, ADMIN = "pending", "admin"


@dataclass(frozen=True, slots=True)
class AccountForm:
    """What the settings say about the account."""

    email: str
    name: str
    role: str = PENDING

    @property
    def id(self) -> str:
        """Return the id of an account that is made from this form: always the same, so that two processes make one."""
        return str(uuid5(NAMESPACE_URL, f"openrouter-pipe:storage:{self.email.lower()}"))


class StorageAccounts:
    """Finds the account in the host, or makes it; one instance per event loop. Warns once of each risk."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._told: set[str] = set()

    async def get(self, form: AccountForm) -> Any:
        """Return the host's object of the account. Raises FileNotSaved, and what the host raises.

        Files of many people meet in it: an account that somebody can sign in to is refused, except an administrator's,
        who may read every file of the host anyway. A person could have signed up with the address before.
        """
        users = import_module(USERS).Users
        found = await _found(users, form) or await _made(users, form)
        if found is None:
            raise FileNotSaved("no storage account")
        if found.role != ADMIN and await _somebody_signs_in(found.id):
            self._warn("storage_account_refused", found.role)
            raise FileNotSaved("somebody can sign in to the storage account")
        if found.role != PENDING:
            self._warn("storage_account_role", found.role)
        return found

    def _warn(self, event: str, role: str) -> None:
        if event not in self._told:
            self._told.add(event)
            self._telemetry.event("warning", event, role=role)


async def _found(users: Any, form: AccountForm) -> Any | None:
    return await called(users.get_user_by_id, form.id) or await called(users.get_user_by_email, form.email.lower())


async def _made(users: Any, form: AccountForm) -> Any | None:
    """Make the account; if another process was faster, return that one."""
    try:
        await called(users.insert_new_user, id=form.id, name=form.name, email=form.email.lower(), role=form.role)
    except Exception:  # the host's database refuses a second account with the same id or address
        if (other := await _found(users, form)) is not None:
            return other
        raise
    return await _found(users, form)


async def _somebody_signs_in(account_id: str) -> bool:
    """Return whether the account has a password or another way in: the host notes each in its table `auth`."""
    table = import_module(AUTHS).Auth.__table__
    return bool(await selected(table.select().with_only_columns(table.c.id).where(table.c.id == account_id)))
