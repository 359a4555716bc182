"""Transcripts and archives for tests."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from adapters.records.archive import Archive, read
from adapters.records.options import ArchiveForm, StoreOptions
from adapters.records.zip_transcripts import ZipTranscripts
from ports.json_values import JsonObject
from ports.telemetry import Telemetry
from ports.transcripts import Line, Record, Transcript, TurnIds
from tests.doubles.telemetry import RecordedTelemetry

PASSWORD = b"correct horse"
BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def transcript(
    request: str = "turn-1", *, user: str = "ann", chat: str = "chat", message: str = "message", task: str = ""
) -> Transcript:
    """A transcript with one line."""
    ids = TurnIds(request, f"error-of-{request}", user, chat, message, task=task)
    kept = Transcript(ids, mask=str, most=1_000, began=BEGAN, now=lambda: 1.0)
    kept.log("info", "turn_ended", {"request": request})
    return kept


def plain(kept: Transcript) -> Record:
    """Render a transcript without the core's rules."""
    ids: JsonObject = kept.ids.named()
    logs: list[JsonObject] = [
        {"ts": "now", "level": line.level, "event": line.name, **ids, **line.values}
        for line in kept.lines.entries()
        if isinstance(line, Line)
    ]
    return Record(
        kept.ids, {"ids": ids, "began_at": kept.began.isoformat()}, tuple(logs), ({"turn": kept.ids.request_id},)
    )


def store(
    root: Path,
    telemetry: Telemetry | None = None,
    *,
    form: ArchiveForm | None = None,
    render: Callable[[Transcript], Record] = plain,
    days: int = 90,
    now: float = 0.0,
) -> ZipTranscripts:
    """A store of zip files."""
    options = StoreOptions(root, form or ArchiveForm(PASSWORD, "deflated"), days, 3_600, 20_000)
    return ZipTranscripts(options, render, telemetry or RecordedTelemetry(), now=lambda: now)


def archives(root: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def only_archive(root: Path, password: bytes = PASSWORD) -> Archive:
    """The only archive below a folder."""
    (file,) = archives(root)
    return read(file.read_bytes(), password)
