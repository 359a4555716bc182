"""How records are stored, as values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Compression = Literal["stored", "deflated", "bzip2", "lzma"]
LogFormat = Literal["jsonl", "text", "both"]


@dataclass(frozen=True, slots=True)
class ArchiveForm:
    """How archives are written. No repr shows the password."""

    password: bytes = field(repr=False)
    compression: Compression = "lzma"
    level: int | None = None
    log_format: LogFormat = "jsonl"


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Where records go, how long they stay (days), how often old ones are removed (s), entries of one transcript."""

    root: Path
    form: ArchiveForm
    days: int
    interval: float
    most_entries: int
