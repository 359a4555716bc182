"""One archive: the records of all turns of a message, as an AES-encrypted zip file.

`meta.json` describes it; `logs.jsonl` (and `logs.txt`, if wanted) holds the lines, `events.jsonl` what the turns were
fed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from adapters.records.options import ArchiveForm, Compression, LogFormat
from ports.json_values import JsonObject
from ports.transcripts import Record

MARK = b"openrouter-pipe record 1"
"""The comment of our archives: nothing else is ever removed."""
META, LOGS, TEXT, EVENTS = "meta.json", "logs.jsonl", "logs.txt", "events.jsonl"
MOST_FILE, MOST_CONTENT = 64 * 1024 * 1024, 32 * 1024 * 1024
"""Bytes of a file that is read, and of the content of an archive: beyond that the oldest turns give way."""


class ArchiveUnreadable(Exception):
    """It is no archive of ours, damaged, or has another password."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The content of an archive: the description, and the lines as text."""

    meta: JsonObject
    logs: tuple[str, ...]
    events: tuple[str, ...]


def archive_of(record: Record, log_format: LogFormat, earlier: Archive | None = None) -> Archive:
    """Return the archive of a record; with `earlier` turns of the same message before it."""
    turn: JsonObject = {**record.meta, "logs": len(record.logs), "event_lines": len(record.events)}
    turns, dropped = _turns(earlier)
    logs = [*(earlier.logs if earlier else ()), *map(_line, record.logs)]
    events = [*(earlier.events if earlier else ()), *map(_line, record.events)]
    turns.append(turn)
    size = sum(map(len, logs)) + sum(map(len, events))
    while size > MOST_CONTENT and len(turns) > 1:
        oldest = turns.pop(0)
        gone = [*_cut(logs, oldest.get("logs")), *_cut(events, oldest.get("event_lines"))]
        size -= sum(map(len, gone))
        dropped += 1
    ids = [entry.get("ids") for entry in turns]
    meta: JsonObject = {
        "created_at": (earlier.meta if earlier else record.meta).get("created_at", record.meta.get("began_at")),
        "ids": record.meta.get("ids"),
        "request_ids": [one.get("request_id") for one in ids if isinstance(one, dict)],
        "error_ids": [one.get("error_id") for one in ids if isinstance(one, dict)],
        "log_format": log_format,
        "turns": turns,
        "turns_dropped": dropped,
    }
    return Archive(meta, tuple(logs), tuple(events))


def written(archive: Archive, form: ArchiveForm) -> bytes:
    """Return the archive as a file. Raises ImportError without the zip library, ValueError for an empty password."""
    import pyzipper

    file, method = BytesIO(), _method(pyzipper, form.compression)
    levels = {pyzipper.ZIP_DEFLATED: (0, 9), pyzipper.ZIP_BZIP2: (1, 9)}.get(method)
    level = None if form.level is None or levels is None else min(max(form.level, levels[0]), levels[1])
    with pyzipper.AESZipFile(file, "w", compression=method, compresslevel=level, encryption=pyzipper.WZ_AES) as folder:
        folder.setpassword(form.password)
        folder.comment = MARK
        folder.writestr(META, json.dumps(archive.meta, indent=1).encode("ascii"))
        folder.writestr(LOGS, _joined(archive.logs))
        if form.log_format != "jsonl":
            folder.writestr(TEXT, "".join(map(_as_text, archive.logs)).encode("utf-8", "replace"))
        folder.writestr(EVENTS, _joined(archive.events))
    return file.getvalue()


def read(content: bytes, password: bytes) -> Archive:
    """Read an archive. Raises ArchiveUnreadable, and ImportError without the zip library."""
    import pyzipper

    try:
        with pyzipper.AESZipFile(BytesIO(content)) as folder:
            if folder.comment != MARK:
                raise ArchiveUnreadable("no record")
            if sum(part.file_size for part in folder.infolist()) > 4 * MOST_CONTENT:
                raise ArchiveUnreadable("too large")
            folder.setpassword(password)
            meta, *lines = (folder.read(name).decode("utf-8") for name in (META, LOGS, EVENTS))
            described = json.loads(meta)
    except ArchiveUnreadable:
        raise
    except Exception as error:
        raise ArchiveUnreadable(type(error).__name__) from error
    if not isinstance(described, dict):
        raise ArchiveUnreadable("no description")
    logs, events = (tuple(line for line in text.split("\n") if line) for text in lines)
    return Archive(described, logs, events)


def _turns(earlier: Archive | None) -> tuple[list[JsonObject], int]:
    if earlier is None:
        return [], 0
    turns, dropped = earlier.meta.get("turns"), earlier.meta.get("turns_dropped")
    listed: list[JsonObject] = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    return listed, dropped if isinstance(dropped, int) else 0


def _cut(lines: list[str], count: object) -> list[str]:
    """Remove the first lines and return them."""
    number = count if isinstance(count, int) else 0
    gone = lines[:number]
    del lines[:number]
    return gone


def _line(value: JsonObject) -> str:
    try:
        return json.dumps(value, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        return json.dumps({"unrecorded": type(error).__name__})


def _joined(lines: tuple[str, ...]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii", "replace")


def _as_text(line: str) -> str:
    """Return a line for people: time, level, event, then the values."""
    try:
        values = json.loads(line)
    except ValueError:
        return line + "\n"
    head = " ".join(str(values.pop(name, "-")) for name in ("ts", "level", "event"))
    return " ".join([head, *_pairs(values)]) + "\n"


def _pairs(values: JsonObject) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name}={json.dumps(value, ensure_ascii=False)}"


def _method(pyzipper: object, wanted: Compression) -> int:
    """Return the number of a method; that of deflate if this Python lacks the wanted one."""
    names = {"stored": "ZIP_STORED", "deflated": "ZIP_DEFLATED", "bzip2": "ZIP_BZIP2", "lzma": "ZIP_LZMA"}
    needs = {"bzip2": "bz2", "lzma": "lzma"}.get(wanted)
    try:
        if needs is not None:
            __import__(needs)
    except ImportError:
        wanted = "deflated"
    return int(getattr(pyzipper, names[wanted]))
