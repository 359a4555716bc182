"""`python -m entrypoints.reconcile` shows how the ledger compares with OpenRouter's figures, day by day (UTC).

With `--day 2026-11-30` it compares that day first. It finds the database as the pipe does
(OPENROUTER_PIPE_DATABASE_URL, DATABASE_URL, DATA_DIR). Keys are read from OPENROUTER_API_KEY and
OPENROUTER_PIPE_MANAGEMENT_KEY, never from arguments. Ends with 1 if a day differs, with 2 if it cannot tell.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domain.egress.base_url import InvalidBaseUrl
from entrypoints.core.core_ledger import reconcile_plan_of
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import StorageLocation
from entrypoints.openwebui.host_storage import location_beside_host
from entrypoints.settings import Settings
from entrypoints.settings_snapshot import snapshot
from ports.reconciliations import Outcome, Reconciled, ReconciliationsUnavailable

MOST_ROWS, MOST_DAYS = 10_000, 10_000
HEAD = ("day", "model", "outcome", "figures", "requests", "theirs", "inexact", "USD", "theirs")


class CannotTell(Exception):
    """The command could not do what was asked."""


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.reconcile", description=__doc__)
    parser.add_argument("--day", type=date.fromisoformat, help="compare this day (YYYY-MM-DD) first, and show it alone")
    parser.add_argument("--days", type=int, default=31, help="days to show; 31 if not given")
    asked = parser.parse_args(arguments)
    settings, _ = snapshot(None, None, environment)
    try:
        rows = asyncio.run(_rows(location_beside_host(environment), settings, asked.day, asked.days))
    except (CannotTell, InvalidBaseUrl, ReconciliationsUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in table(rows):
        sys.stdout.write(line + "\n")
    return int(any(row.outcome is Outcome.DIFFERS for row in rows))


def table(rows: Sequence[Reconciled]) -> Iterator[str]:
    """Yield the lines of a table: of each day all together, then the models that differ."""
    cells = [HEAD, *map(_cells, rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEAD))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


async def _rows(location: StorageLocation, settings: Settings, day: date | None, days: int) -> tuple[Reconciled, ...]:
    if not 1 <= days <= MOST_DAYS:
        raise CannotTell(f"--days: a number from 1 to {MOST_DAYS} is needed")
    if location.wrong:
        raise CannotTell(location.wrong)
    if location.sqlite_file is not None and not location.sqlite_file.exists():
        raise CannotTell(f"there is no database {location.sqlite_file}")
    today = datetime.now(UTC).date()
    async with open_core(replace(settings, log_level="WARNING"), location) as core:
        stores = await core.stores.storage.stores()
        if stores.books.reconciliations is None or core.stores.books.ledger is None:
            raise CannotTell("the database cannot be opened")
        if day is None:
            return await stores.books.reconciliations.between(today - timedelta(days=days), today, MOST_ROWS)
        if day >= today:
            raise CannotTell(f"{day} is not over (UTC)")
        if not settings.api_key.reveal():
            raise CannotTell("OPENROUTER_API_KEY is not set: which key is to be compared?")
        if not await core.stores.books.ledger.reconciler.reconcile(reconcile_plan_of(settings), day):
            raise CannotTell(f"{day} could not be compared: see the log; or another process is comparing now")
        return await stores.books.reconciliations.between(day, day, MOST_ROWS)


def _cells(row: Reconciled) -> tuple[str, ...]:
    return (
        row.day.isoformat(),
        row.model or "all",
        row.outcome.value,
        row.figures.value,
        str(row.entries),
        "?" if row.their_requests is None else str(row.their_requests),
        str(row.inexact),
        _dollars(row.cost),
        _dollars(row.their_cost),
    )


def _dollars(amount: Decimal | None) -> str:
    return "?" if amount is None else format(amount.normalize(), "f")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
