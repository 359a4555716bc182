"""Every statement finds its rows by an index, whatever their number."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql import artifacts, ledger, reconciliations, tool_runs
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.budget_postgres import opening, reserving
from adapters.sql.database import Database
from adapters.sql.engines import database_url
from adapters.sql.ledger_sums import spend_of, sums_by_model, sums_of_person
from adapters.sql.lists import SQLITE
from adapters.sql.tables import metadata
from adapters.sql.tool_runs import SqlToolRuns
from tests.contracts.artifact_cases import HERE, row, ulid
from tests.doubles.databases import empty_postgres_url

WITHIN = "usage_entry_state (namespace=? AND state=? AND started_at>? AND started_at<?)"
SUMS = spend_of(SQLITE, one_day=False)
OF_CHAT, OF_MONTH = sums_of_person(SQLITE, True, False), sums_of_person(SQLITE, False, True)
STORE, RUNS = SqlArtifacts(Database("sqlite:////nowhere")), SqlToolRuns(Database("sqlite:////nowhere"))
STATEMENTS = {
    "find": (STORE._find, "artifact_turn (namespace=? AND turn_id=?)"),
    "touch": (STORE._touch, "artifact_turn (namespace=? AND turn_id=?)"),
    "unbind": (STORE._unbind, "artifact_turn (namespace=? AND turn_id=?)"),
    "delete kinds": (STORE._delete_kinds, "artifact_turn (namespace=? AND turn_id=?)"),
    "delete ids": (STORE._delete_ids, "(namespace=? AND id=?)"),
    "untouched": (artifacts.UNTOUCHED, "artifact_touched (namespace=? AND touched_at<?)"),
    "chat": (artifacts.OF_CHAT, "artifact_chat (namespace=? AND chat_id=?)"),
    "person": (artifacts.OF_PERSON, "artifact_owner (namespace=? AND user_id=?)"),
    "chats": (artifacts.CHATS, "COVERING INDEX openrouter_pipe_artifact_chat (namespace=? AND chat_id>?)"),
    "keys": (artifacts.KEY_IDS, "COVERING INDEX openrouter_pipe_artifact_key (namespace=? AND key_id>?)"),
    "sealed": (artifacts.SEALED_WITH, "artifact_key (namespace=? AND key_id=? AND id>?)"),
    "reseal": (artifacts.RESEAL, "(namespace=? AND id=?)"),
    "unsettled by chat": (RUNS._unsettled, "tool_run_chat (namespace=? AND chat_id=? AND state=?)"),
    "unsettled by turn": (RUNS._unsettled, "tool_run_1 (namespace=? AND turn_id=?)"),
    "finish": (tool_runs.FINISH, "(namespace=? AND turn_id=? AND call_id=? AND arguments_hash=?)"),
    "settle": (tool_runs.SETTLE, "(namespace=? AND turn_id=?)"),
    "old runs": (tool_runs.DELETE_OLD, "tool_run_started (namespace=? AND started_at<?)"),
    "runs of a chat": (tool_runs.OF_CHAT, "tool_run_chat (namespace=? AND chat_id=?)"),
    "runs of a person": (tool_runs.OF_PERSON, "tool_run_owner (namespace=? AND user_id=?)"),
    "runs beyond": (tool_runs.BEYOND, "tool_run_owner (namespace=? AND user_id=?)"),
    "delete beyond": (tool_runs.DELETE_BEYOND, "tool_run_owner (namespace=? AND user_id=?)"),
    "ledger unfinished": (ledger.UNFINISHED, "usage_entry_state (namespace=? AND state=? AND started_at<?)"),
    "ledger of a turn": (ledger.OF_TURN, "usage_entry_1 (namespace=? AND turn_id=?)"),
    "ledger old": (ledger.DELETE_OLD, "usage_entry_state (namespace=? AND state=? AND started_at<?)"),
    "ledger of a person": (ledger.ANONYMISE, "usage_entry_person (namespace=? AND user_id=?)"),
    "ledger by model": (
        sums_by_model(SQLITE),
        WITHIN,
    ),
    "ledger ended": (ledger.ENDED, WITHIN),
    "reconciliations": (reconciliations.BETWEEN, "reconciliation_day (day>? AND day<?)"),
    "old reconciliations": (reconciliations.BEFORE, "reconciliation_day (day<?)"),
    "ledger sums of a day": (
        spend_of(SQLITE, one_day=True),
        WITHIN,
    ),
    "ledger sums": (
        SUMS,
        WITHIN,
    ),
    "ledger of a chat": (
        OF_CHAT,
        "usage_entry_chat (namespace=? AND user_id=? AND chat_id=?)",
    ),
    "ledger of a month": (
        OF_MONTH,
        "usage_entry_person (namespace=? AND user_id=? AND started_at>?)",
    ),
    "chats with runs": (tool_runs.CHATS, "tool_run_chat (namespace=? AND chat_id>?)"),
}


@pytest.fixture(scope="module")
def connection():
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield connection


@pytest.mark.parametrize("name", STATEMENTS)
def test_sqlite_uses_the_intended_index(connection, name):
    statement, index = STATEMENTS[name]
    compiled = statement.compile(dialect=sqlite.dialect())
    assert compiled.positiontup is not None
    explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("[]",) * len(compiled.positiontup))
    steps = [step.detail for step in explained]
    assert any(index in step for step in steps)
    assert not [step for step in steps if "SCAN openrouter_pipe" in step]


async def test_postgres_finds_turns_by_their_index():
    url = empty_postgres_url()
    database = Database(url)
    store = SqlArtifacts(database)
    await store.put([row(number, number, fingerprint=f"{number:032x}") for number in range(3_000)])
    await database.aclose()
    values = {
        "in_namespace": HERE,
        "of_user": "ann",
        "most": 900,
        "most_bytes": 10**9,
        "turns": [ulid(1), ulid(2)],
        "prints": [f"{9:032x}"],
    }
    compiled = store._find.compile(dialect=postgresql.dialect(paramstyle="pyformat"))
    engine = create_engine(database_url(url))
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE openrouter_pipe_artifact")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {compiled}", compiled.params | values).scalars())
    engine.dispose()
    assert "openrouter_pipe_artifact_turn" in plan
    assert "Seq Scan" not in plan


def test_postgres_finds_accounts_by_their_key():
    engine = create_engine(database_url(empty_postgres_url()))
    given, names = '{"a1": ["usd", 1, 1, 9], "a2": ["usd", 1, 1, null], "new": ["usd", 1, 1, 9]}', ["a1", "a2", "new"]
    hold = ("ns", "turn", "pending", "[]", "us", "1")
    plans = [(opening(""), ("ns", given, "3", "ns")), (reserving(""), (given, "ns", names, *hold, "3"))]
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO openrouter_pipe_budget_account "
            "SELECT 'ns', 'a' || number, 'usd', 0, 0, 0 FROM generate_series(1, 3000) AS number"
        )
        connection.exec_driver_sql("ANALYZE openrouter_pipe_budget_account")
        for statement, values in plans:
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
            assert "using openrouter_pipe_budget_account_pkey" in plan
            assert "Seq Scan" not in plan
    engine.dispose()
