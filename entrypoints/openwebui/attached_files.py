"""Files that a person attached in the host's page, beside the messages, for models that read them themselves.

Where the host puts the text of files into the prompt, which it does unless the model's row says otherwise, there are
none: nothing is sent twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from domain.catalog.capabilities import FILE_CONTEXT
from domain.request.intake import AttachedFile
from entrypoints.openwebui.host import Host
from entrypoints.settings import Settings
from entrypoints.settings_rows import SettingProblem

SINCE = (0, 8)
"""The first version for which files are sent directly."""
MOST_READ = 100
"""Entries of the host's list that are read."""


def read_attached_files(metadata: Mapping[str, Any]) -> tuple[AttachedFile, ...]:
    """Return the files of a chat that the host left to the model: all of the chat's, the newest message's marked.

    Source: the host's contract, `pipe()`: `files` are those of the whole chat, `user_message` (before 0.12
    `parent_message`) the person's newest message.
    """
    if _in(metadata, "model", "info", "meta", "capabilities", FILE_CONTEXT) is not False:
        return ()
    asked = metadata.get("user_message") or metadata.get("parent_message")
    own = {one.file_id: one for one in _files(asked.get("files") if isinstance(asked, Mapping) else None)}
    listed = {one.file_id: replace(one, newest=one.file_id in own) for one in _files(metadata.get("files"))}
    return tuple({**listed, **{key: one for key, one in own.items() if key not in listed}}.values())


def effective(
    settings: Settings, problems: tuple[SettingProblem, ...], host: Host
) -> tuple[Settings, tuple[SettingProblem, ...]]:
    """Return the settings without direct uploads where the host cannot leave files to a model, and the problem."""
    if not settings.direct_uploads or host.version >= SINCE:
        return settings, problems
    text = "DIRECT_UPLOADS has no effect: it needs Open WebUI 0.8 or newer. Files are read by Open WebUI."
    problem = SettingProblem("DIRECT_UPLOADS", "True", "False", text)
    return replace(settings, direct_uploads=False), (*problems, problem)


def _files(listed: object) -> Iterator[AttachedFile]:
    for entry in listed[:MOST_READ] if isinstance(listed, list) else ():
        if not isinstance(entry, Mapping) or entry.get("type", "file") != "file":
            continue
        stored = entry.get("file")
        stored = stored if isinstance(stored, Mapping) else {}
        file_id = _text(entry.get("id")) or _text(stored.get("id"))
        mime = _text(entry.get("content_type")) or _text(_in(stored, "meta", "content_type"))
        if file_id:
            yield AttachedFile(file_id, _text(entry.get("name")) or _text(stored.get("filename")), mime)


def _in(value: object, *path: str) -> object:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
