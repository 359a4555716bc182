"""Rows of the host's table `file`, and who may read them: the host's own rule, asked anew for every file.

Source: the hosts' route `/api/v1/files/{id}/content`, 0.6.28 to 0.12.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from adapters.openwebui.host_functions import called, selected
from ports.files import FileFacts, FileFlaw, FileUnavailable

FILES, USERS, FILE_ROUTES = "open_webui.models.files", "open_webui.models.users", "open_webui.routers.files"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A stored file: `path` is what the host's storage provider understands, "" if there are no bytes."""

    owner_id: str
    path: str
    facts: FileFacts


async def file_row(file_id: str) -> FileRow | None:
    """Return the row of a file, without the text that the host found in it; None if there is none.

    A query of its own, because the host's function reports errors of the database as "no file".
    """
    table = import_module(FILES).File.__table__
    columns = (table.c.user_id, table.c.path, table.c.filename, table.c.meta)
    rows = await selected(table.select().with_only_columns(*columns).where(table.c.id == file_id))
    if not rows:
        return None
    owner_id, path, filename, meta = rows[0]
    noted = meta if isinstance(meta, Mapping) else {}
    size = noted.get("size")
    facts = FileFacts(
        file_id,
        name=_text(noted.get("name")) or _text(filename),
        mime=_text(noted.get("content_type")),
        size=size if type(size) is int and size >= 0 else None,
    )
    return FileRow(_text(owner_id), _text(path), facts)


async def account(person_id: str) -> Any | None:
    """Return the host's own object of a person; None if there is none."""
    return await called(import_module(USERS).Users.get_user_by_id, person_id) if person_id else None


async def check_readable(row: FileRow, person: Any) -> None:
    """Raise FileUnavailable unless the person owns the file, is an administrator, or the host's function allows it."""
    if row.owner_id == person.id or person.role == "admin":
        return
    try:
        allowed = await called(import_module(FILE_ROUTES).has_access_to_file, row.facts.file_id, "read", person)
    except Exception as error:  # the host's code may raise anything; in doubt nobody reads
        raise FileUnavailable(FileFlaw.FORBIDDEN, type(error).__name__) from error
    if allowed is not True:
        raise FileUnavailable(FileFlaw.FORBIDDEN, "of another person")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
