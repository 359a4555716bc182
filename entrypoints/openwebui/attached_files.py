"""What the host tells of the files that a person attached in its page: those left to the model, the names of pictures.

Where the host puts the text of files into the prompt, which it does unless the model's row says otherwise, none are
left to the model: nothing is sent twice. Pictures are in the messages, without their names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from domain.catalog.capabilities import FILE_CONTEXT
from domain.conversation.media_kinds import Medium, medium_of
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


def read_picture_names(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the pictures of the person's newest message, in the order of its files; "" for no name."""
    asked = metadata.get("user_message") or metadata.get("parent_message")
    listed = asked.get("files") if isinstance(asked, Mapping) else None
    return tuple(
        _text(entry.get("name"))
        for entry in (listed[:MOST_READ] if isinstance(listed, list) else ())
        if isinstance(entry, Mapping)
        if entry.get("type") == "image" or medium_of(_text(entry.get("content_type"))) is Medium.IMAGE
    )


def with_names(messages: tuple[object, ...], names: tuple[str, ...]) -> tuple[object, ...]:
    """Return messages in which the pictures of the newest one of a person have their names, if the host lists as many.

    The host puts them into the message in the order of its files.
    """
    at = next((at for at in reversed(range(len(messages))) if _is_of_person(messages[at])), -1)
    message = messages[at] if any(names) and at >= 0 else None
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(content, list):
        return messages
    places = [n for n, part in enumerate(content) if isinstance(part, dict) and part.get("type") == "image_url"]
    if len(places) != len(names):
        return messages
    named = dict(zip(places, names, strict=True))
    parts = [{"name": named[n], **part} if n in named else part for n, part in enumerate(content)]
    return (*messages[:at], {**message, "content": parts}, *messages[at + 1 :])


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


def _is_of_person(message: object) -> bool:
    return isinstance(message, Mapping) and message.get("role") == "user"


def _in(value: object, *path: str) -> object:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
