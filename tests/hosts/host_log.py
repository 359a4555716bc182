"""What a host printed while a test ran. A fault inside the host is explained nowhere else."""

from pathlib import Path

LINES = 80
LONGEST = 400
ROUTINE = ("| INFO ", "| DEBUG ")


def lines_since(path: Path, start: int) -> str:
    """Return the last lines of a host's log after byte `start`, without those that report routine work.

    At most 80 lines of 400 characters; lines that belong to a longer entry, as of a traceback, stay with it.
    """
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(start)
        text = log.read().decode(errors="replace")
    lines = [line[:LONGEST] for line in text.splitlines() if not any(word in line for word in ROUTINE)]
    return "\n".join(lines[-LINES:])
