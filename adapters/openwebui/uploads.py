"""New files in the host, through the function behind its own upload route. Source: the hosts' `routers/files.py`."""

import re
from importlib import import_module
from inspect import iscoroutinefunction
from io import BytesIO
from typing import Any

from adapters.openwebui.file_rows import FILE_ROUTES
from adapters.openwebui.host_functions import stored_setting
from adapters.openwebui.own_threads import OwnThreads
from adapters.openwebui.uncancelled import uncancelled
from ports.file_addresses import file_address
from ports.files import FileNotSaved, NewFile, SavedFile

UPLOADED = "starlette.datastructures"
LONGEST_NAME, LONGEST_ENDING = 100, 16
"""Bytes of a file's name and of its ending: the host puts an id before it, and file systems take 255 bytes."""
MEGABYTE = 1024 * 1024

_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\"*/:<>?\\|#%]+")
"""Control and invisible characters, and those that file systems, storage keys or addresses give a meaning."""
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


async def upload(
    file: NewFile, request: Any, owner: Any, threads: OwnThreads, metadata: dict[str, Any] | None = None
) -> SavedFile:
    """Store a file for `owner`, the host's object of a person; it is not indexed. Raises what the host raises.

    Up to 0.8 the host's function blocks and runs in a thread.
    """
    handler = import_module(FILE_ROUTES).upload_file_handler
    kinds = import_module(UPLOADED)
    mime = file.mime if _MIME.fullmatch(file.mime) else "application/octet-stream"
    handed = kinds.UploadFile(
        file=BytesIO(file.content),
        size=len(file.content),
        filename=safe_name(file.name),
        headers=kinds.Headers({"content-type": mime}),
    )
    values = {"file": handed, "metadata": metadata or {}, "process": False, "user": owner}
    if iscoroutinefunction(handler):
        stored = await uncancelled(handler(request, **values))
    else:
        stored = await threads.run("save file", lambda: handler(request, **values))
    file_id = stored.get("id") if isinstance(stored, dict) else getattr(stored, "id", None)
    if not isinstance(file_id, str) or not file_id:
        raise FileNotSaved("the host gave no id")
    return SavedFile(file_id, file_address(file_id))


async def upload_ceiling(request: Any) -> int | None:
    """Return the host's limit for one file in bytes; None without one. Administrators set it in MB.

    Raises what the host raises.
    """
    most = await stored_setting(request, "rag.file.max_size", "FILE_MAX_SIZE")
    return int(most) * MEGABYTE if most and int(most) > 0 else None


def safe_name(name: str) -> str:
    """Return a name without folders and odd characters, short enough for every storage; its ending stays."""
    text = name.encode(errors="ignore").decode()
    base = _NOT_IN_NAMES.sub("_", text.replace("\\", "/").rpartition("/")[2]).strip(" ._")
    stem, dot, ending = base.rpartition(".")
    if not dot or len(ending.encode()) > LONGEST_ENDING:
        stem, ending = base, ""
    suffix = f".{ending}" if ending else ""
    kept = stem.encode()[: LONGEST_NAME - len(suffix.encode())].decode(errors="ignore").strip(" .")
    return f"{kept or 'file'}{suffix}"
