"""The options of `make run`, from the command line and the environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.upstream import ROOT


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options.

    None means: build the `bundle` from the work tree, use any free `port`, use a temporary `folder`.
    """

    bundle: Path | None
    port: int | None
    folder: Path | None
    check: bool


def read_options(arguments: Sequence[str], environment: Mapping[str, str]) -> RunOptions:
    """Read command line and environment. Raises DevhostError for an unusable value."""
    check = environment.get("CHECK", "") not in ("", "0")
    port = environment.get("PORT", "") or ("" if check else "8080")
    if port and not (port.isdigit() and 0 < int(port) < 65536):
        raise DevhostError(f"PORT={port} is not a port number")
    data = environment.get("DATA", "") or ("" if check else str(ROOT / ".run" / "data"))
    return RunOptions(
        bundle=Path(arguments[0]) if arguments else None,
        port=int(port) if port else None,
        folder=Path(data) if data else None,
        check=check,
    )
