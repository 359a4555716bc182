"""What the database holds after a drill, read with statements of the drill's own: nothing of the ledger's code."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

ROWS = """
    SELECT turn_id, call_no, attempt_no, state, generation_id, cost, cost_source, user_id, requested_model, started_at
    FROM openrouter_pipe_usage_entry WHERE namespace = 'drill' ORDER BY turn_id, call_no, attempt_no"""
HOLDS = "SELECT turn_id, state, fence FROM openrouter_pipe_reservation WHERE namespace = 'drill'"
COUNTERS = "SELECT account, unit, spent, reserved FROM openrouter_pipe_budget_account WHERE namespace = 'drill'"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the ledger; `started_at` in seconds since 1970."""

    turn_id: str
    state: str
    generation_id: str
    cost: Decimal | None
    source: str
    user_id: str
    model: str
    started_at: float


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of a budget: its name, its unit, and what is spent and reserved of it."""

    account: str
    unit: str
    spent: int
    reserved: int


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything: rows by turn in the order of their attempts, the states of reservations by turn, the counters.

    `reserved`: the turns that reserved before they were sent; the others were posted all the same.
    """

    rows: Mapping[str, list[Row]]
    holds: Mapping[str, str]
    reserved: frozenset[str]
    counters: list[Counter]


def read_tables(database: str) -> Tables:
    """Read a database, a URL of PostgreSQL or a file; blocks."""
    opened: Any = psycopg.connect(database) if database.startswith("postgres") else sqlite3.connect(database)
    with closing(opened) as connection:
        cursor = connection.cursor()
        rows: dict[str, list[Row]] = defaultdict(list)
        for turn, _, _, state, name, cost, source, user, model, micros in cursor.execute(ROWS).fetchall():
            money = None if cost is None else Decimal(cost)
            rows[turn].append(Row(turn, state, name, money, source, user, model, micros / 1e6))
        holds = cursor.execute(HOLDS).fetchall()
        reserved = frozenset(turn for turn, _, holder in holds if holder)
        counters = [Counter(*row) for row in cursor.execute(COUNTERS).fetchall()]
    return Tables(rows, {turn: state for turn, state, _ in holds}, reserved, counters)
