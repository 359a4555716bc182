"""`python -m entrypoints.records show FILE` prints a record, `... replay FILE` feeds its turns again.

The password is read from OPENROUTER_PIPE_SESSION_LOG_ZIP_PASSWORD, else asked for; it is never an argument.
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from adapters.records.archive import MOST_FILE, Archive, ArchiveUnreadable, read
from domain.services.render_record import RecordedTurn, end_of_replay, recorded_turns
from domain.turn.recorded import replay
from domain.turn.recorded_values import UnreadableRecord
from domain.turn.steps import End

VARIABLE = "OPENROUTER_PIPE_SESSION_LOG_ZIP_PASSWORD"
LONGEST_STEP = 2_000


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command; return 0 if it could do what was asked."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.records", description=__doc__)
    parser.add_argument("command", choices=["show", "replay"])
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    password = environment.get(VARIABLE) or getpass.getpass("Password of the record: ")
    try:
        with asked.file.open("rb") as file:
            archive = read(file.read(MOST_FILE), password.encode("utf-8", "surrogateescape"))
        for line in shown(archive) if asked.command == "show" else replayed(archive):
            sys.stdout.write(line + "\n")
    except (OSError, ArchiveUnreadable, UnreadableRecord, ImportError) as error:
        sys.stderr.write(f"{asked.file} cannot be read: {error}\n")
        return 1
    return 0


def shown(archive: Archive) -> Iterator[str]:
    """Yield what a record says: its description, then its log lines."""
    yield json.dumps(archive.meta, indent=1)
    yield from archive.logs


def replayed(archive: Archive) -> Iterator[str]:
    """Yield each step of each turn with the clock's value, then how the turn ends. Raises UnreadableRecord."""
    for turn in recorded_turns(map(_parsed, archive.events)):
        yield f"turn {turn.request_id}: {'exact' if turn.exact else 'parts were masked or left out'}"
        if turn.plan is None:
            yield "  without a plan: it cannot be fed again"
            continue
        yield from _steps(turn)
        yield f"  {_ending(end_of_replay(turn))}"


def _steps(turn: RecordedTurn) -> Iterator[str]:
    assert turn.plan is not None
    for fed in replay(turn.plan, turn.entries):
        yield from (f"  {fed.at:.3f} {step!r}"[:LONGEST_STEP] for step in fed.steps)
        if fed.defect:
            yield f"  {fed.at:.3f} raised {fed.defect}"


def _ending(end: End | None) -> str:
    if end is None:
        return "does not end"
    fault = f", {end.fault.kind.value}" if end.fault is not None else ""
    return f"ends with {end.reason.value}{fault} after {end.attempts} attempts and {end.rounds} rounds of tools"


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableRecord("a line is no JSON") from error


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
