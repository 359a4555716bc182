"""The files the single file carries: one compressed text, checked before it is used, written out by `--unpack`."""

import base64
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

_LARGEST = 64 * 1024 * 1024  # bytes; what unpacks to more is not ours
_REVISIONS = "alembic/versions"
DATA_CLASSES = "entrypoints.openwebui.bundle.data_classes"
"""What carried modules import in place of `dataclasses`, where they make data classes."""


class CarriedFiles:
    """Modules and revisions as one text: JSON of path -> source, zlib, base85. Unpacked when first asked for.

    `contents` is the SHA-256 of the JSON, the same whatever zlib compressed it; `digest` that of the text without
    blanks and line breaks. Everything raises ImportError if the text is not what was built.
    """

    def __init__(self, contents: str, digest: str, text: str) -> None:
        self.contents = contents
        self._digest, self._text = digest, text
        self._files: dict[str, dict[str, str]] | None = None

    def check(self) -> None:
        """Raise ImportError if the text was cut off or changed; unpacks nothing and takes less than a millisecond."""
        self._packed()

    def modules(self) -> Mapping[str, str]:
        """Return path -> source with relative imports. Slow the first time: keep it off the event loop."""
        return self._unpacked()["modules"]

    def revisions(self) -> Mapping[str, str]:
        """Return file name -> text of the steps that bring a database up to date. Slow the first time."""
        return self._unpacked()["revisions"]

    def _packed(self) -> bytes:
        packed = "".join(self._text.split()).encode("utf-8", "replace")
        if hashlib.sha256(packed).hexdigest() != self._digest:
            raise _damaged()
        return packed

    def _unpacked(self) -> dict[str, dict[str, str]]:
        if self._files is None:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(base64.b85decode(self._packed()), _LARGEST)
            if hashlib.sha256(content).hexdigest() != self.contents:
                raise _damaged()
            self._files = dict(json.loads(content))
        return self._files


def _damaged() -> ImportError:
    return ImportError(
        "openrouter_pipe.py was cut off or changed where it carries its code; paste the whole file again"
    )


def repository_text(path: str, text: str) -> str:
    """Return a carried module as it stands in the repository: its imports absolute, its data classes the usual ones."""
    dots = re.escape("." * len(path.split("/")))
    text = re.sub(rf"^([ \t]*from ){dots}{re.escape(DATA_CLASSES)}(?= )", r"\1dataclasses", text, flags=re.M)
    return re.sub(rf"^([ \t]*from ){dots}(?=[a-z])", r"\1", text, flags=re.M)


def unpack(carried: CarriedFiles, folder: Path) -> int:
    """Write every carried file below `folder`, byte for byte as in the repository; return how many.

    Raises FileExistsError if there is anything in the folder, ImportError if the text is damaged.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    files = {path: repository_text(path, text) for path, text in carried.modules().items()}
    files |= {f"{_REVISIONS}/{name}": text for name, text in carried.revisions().items()}
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return len(files)


def run_as_script(carried: CarriedFiles, arguments: list[str]) -> int:
    """Do what the file does when it is run as a program: write out what it carries. Return the exit status."""
    if len(arguments) != 2 or arguments[0] != "--unpack":
        sys.stderr.write("usage: python openrouter_pipe.py --unpack FOLDER\n")
        return 2
    try:
        count = unpack(carried, Path(arguments[1]))
    except (OSError, ImportError) as error:
        sys.stderr.write(f"openrouter_pipe.py: {error}\n")
        return 1
    sys.stdout.write(f"{count} files in {arguments[1]}; sources {carried.contents}\n")
    return 0
