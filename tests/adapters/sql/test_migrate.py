"""Migration of a database: all steps or none, once, never back, and obstacles are reported."""

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading
import traceback
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.sql.migrate import PROCESS_LOCK, VERSION_TABLE, Migrated, migrate
from adapters.sql.tables import REVISION
from adapters.sql.trouble import DatabaseTrouble
from tests.adapters.sql.migrating import (
    ALL,
    BROKEN,
    NEWEST,
    VERSIONS,
    engine_of,
    first_release,
    migrated,
    new_url,
    run,
    some_revisions,
    tables_in,
)

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgres"])
COUNT = len(list(VERSIONS.glob("*.py")))


@BOTH
def test_an_empty_database_gets_all_steps_and_then_none(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)

    assert migrated(url) == Migrated(NEWEST, COUNT)
    assert migrated(url) == Migrated(NEWEST)


@BOTH
def test_a_database_at_the_newest_revision_is_not_compared_with_the_steps(kind: str, tmp_path: Path) -> None:
    def unread(_: ExitStack) -> Path:
        raise AssertionError("the steps were unpacked")

    url = new_url(kind, tmp_path)
    migrated(url, first_release(tmp_path))

    assert migrated(url, newest=REVISION) == Migrated(REVISION, COUNT - 1)
    assert migrated(url, unread, newest=REVISION) == Migrated(REVISION)


FOUND = {
    "newest": (),
    "of a newer version": (f"UPDATE {VERSION_TABLE} SET version_num = '9999'",),
    "behind its tables": (f"UPDATE {VERSION_TABLE} SET version_num = '0001'",),
    "two revisions": (f"INSERT INTO {VERSION_TABLE} VALUES ('0001')",),
    "newest, and one of a newer version": (f"INSERT INTO {VERSION_TABLE} VALUES ('9999')",),
    "a revision without a name": (f"UPDATE {VERSION_TABLE} SET version_num = ''",),
    "tables without a revision": (f"DELETE FROM {VERSION_TABLE}",),
    "no table of revisions": (f"DROP TABLE {VERSION_TABLE}",),
    "another table of revisions": (f"DROP TABLE {VERSION_TABLE}", f"CREATE TABLE {VERSION_TABLE} (other INTEGER)"),
    "newest, but without a table": ("DROP TABLE openrouter_pipe_lease",),
}

AS_MIGRATED = (
    f"DROP TABLE IF EXISTS {VERSION_TABLE}",
    f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32))",
    f"INSERT INTO {VERSION_TABLE} VALUES ('{REVISION}')",
)


@BOTH
def test_knowing_the_newest_revision_changes_no_answer(kind: str, tmp_path: Path) -> None:
    url, differing = new_url(kind, tmp_path), []
    migrated(url)
    for name, statements in FOUND.items():
        for statement in (*AS_MIGRATED, *statements):
            run(url, statement)
        before = _answer(url)
        if (after := _answer(url, newest=REVISION)) != before:
            differing.append((name, before, after))
    assert differing == []


def _answer(url: str, **more: Any) -> object:
    try:
        return migrated(url, **more)
    except DatabaseTrouble as trouble:
        return trouble.reason


def test_the_code_names_the_newest_step() -> None:
    assert REVISION == NEWEST


@BOTH
def test_our_version_table_is_separate_from_the_one_of_the_host(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    run(url, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    run(url, "INSERT INTO alembic_version VALUES ('the host''s')")
    migrated(url)

    assert run(url, "SELECT version_num FROM alembic_version") == [("the host's",)]
    assert run(url, f"SELECT version_num FROM {VERSION_TABLE}") == [(NEWEST,)]
    assert all(name.startswith("openrouter_pipe_") for name in tables_in(url) - {"alembic_version"})


@BOTH
def test_a_database_of_a_later_release_is_left_as_it_is(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    migrated(url, first_release(tmp_path))
    run(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    before = tables_in(url)

    found = migrated(url)

    assert found == Migrated("9999", read_only="too new")
    assert (tables_in(url), run(url, f"SELECT version_num FROM {VERSION_TABLE}")) == (before, [("9999",)])


@BOTH
@pytest.mark.parametrize("started", ["empty", "first release", "this release"])
def test_a_step_that_fails_leaves_everything_as_it_was(kind: str, started: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    if started != "empty":
        migrated(url, first_release(tmp_path) if started == "first release" else ALL)
    before = {name: sa.inspect(engine_of(url)).get_columns(name) for name in tables_in(url)}

    with pytest.raises(DatabaseTrouble) as caught:
        migrated(url, some_revisions(tmp_path / "broken", lambda _: True, broken_9998=BROKEN))

    after = {name: sa.inspect(engine_of(url)).get_columns(name) for name in tables_in(url)}
    assert caught.value.reason == "missing"
    assert repr(after) == repr(before)
    assert migrated(url).revision == NEWEST


@BOTH
def test_the_wait_for_other_migrations_is_limited(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    with engine_of(url).connect() as other:
        lock = "BEGIN IMMEDIATE" if kind == "sqlite" else f"SELECT pg_advisory_lock({PROCESS_LOCK})"
        other.exec_driver_sql(lock)
        with pytest.raises(DatabaseTrouble) as caught:
            migrated(url, wait_seconds=0.1)

    assert caught.value.reason == "locked"
    assert migrated(url).steps == COUNT


def test_loggers_of_the_host_do_not_change(tmp_path: Path) -> None:
    def shown() -> list[tuple[object, ...]]:
        names = ["", "alembic", "alembic.runtime.migration", "sqlalchemy", "sqlalchemy.engine", "tests.another"]
        loggers = [logging.getLogger(name) for name in names]
        return [(one.level, tuple(one.handlers), one.disabled, one.propagate, tuple(one.filters)) for one in loggers]

    before = shown()
    migrated(new_url("sqlite", tmp_path))

    assert shown() == before


async def test_the_event_loop_runs_on_during_a_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setitem(sys.modules, "gate_of_this_test", gate)
    step = "import gate_of_this_test\nrevision, down_revision = '0001', None\n"
    step += "def upgrade(op):\n    assert gate_of_this_test.wait(10)\n"
    revisions = some_revisions(tmp_path / "waiting", lambda _: False, waiting_0001=step)
    task = asyncio.create_task(migrate(new_url("sqlite", tmp_path), revisions))
    await asyncio.sleep(0)
    gate.set()  # the step waits for it

    assert (await task).steps == 1


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseTrouble) as caught:
        migrated(f"sqlite:///{tmp_path}/store.db")

    assert caught.value.reason == "damaged"
    assert (tmp_path / "store.db").read_bytes() == b"no database at all" * 100


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////no/such/folder/store.db", "missing"),
        ("postgresql://someone:s3cret@127.0.0.1:1/store", "unreachable"),
        ("mysql://someone:s3cret@127.0.0.1/store", "refused"),
        ("://s3cret", "refused"),
    ],
)
def test_obstacles_are_reported_without_a_password(url: str, reason: str) -> None:
    with pytest.raises(DatabaseTrouble) as caught:
        migrated(url)

    assert caught.value.reason == reason
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_tables_go_into_the_schema_that_is_named(tmp_path: Path) -> None:
    url = new_url("postgres", tmp_path)
    run(url, 'CREATE SCHEMA "Its ""own"""')
    migrated(url, schema='Its "own"')

    assert tables_in(url) == set()
    assert VERSION_TABLE in tables_in(url, 'Its "own"')
    assert migrated(url, schema='Its "own"') == Migrated(NEWEST)


def test_an_absent_schema_is_reported_as_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseTrouble) as caught:
        migrated(new_url("postgres", tmp_path), schema="nowhere")

    assert caught.value.reason == "missing"


@pytest.mark.parametrize("schema", ["of the first release", "of this release"])
def test_a_standby_server_is_read_only(schema: str, tmp_path: Path) -> None:
    url = new_url("postgres", tmp_path)
    migrated(url, first_release(tmp_path) if "first" in schema else ALL)
    run(url, f"ALTER DATABASE {url.rpartition('/')[2].partition('?')[0]} SET default_transaction_read_only = on")

    if "first" in schema:
        with pytest.raises(DatabaseTrouble) as caught:
            migrated(url)
        assert (caught.value.reason, caught.value.read_only) == ("read-only", True)
    else:
        assert migrated(url) == Migrated(NEWEST, read_only="read-only")


UNPRIVILEGED = """
import os, sys
from adapters.sql.tables import REVISION
from adapters.sql.trouble import DatabaseTrouble
from tests.adapters.sql.migrating import migrated
migrated("sqlite://" + sys.argv[1])  # loads what may not be readable to others
if os.geteuid() == 0:
    os.setuid(65534)
try:
    print(migrated("sqlite://" + sys.argv[2]))
except DatabaseTrouble as trouble:
    print(trouble)
"""


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("nothing", "database: read-only"),
        ("a file of the first release", "database: read-only"),
        ("a file of this release", "read_only='read-only'"),
        ("a file as it is left after use", "database: read-only"),
    ],
)
def test_a_read_only_folder_is_reported_as_read_only(there: str, said: str, tmp_path: Path) -> None:
    with TemporaryDirectory() as folder:  # unlike tmp_path, other users can be granted access
        file = Path(folder) / "store.db"
        if there != "nothing":
            migrated(f"sqlite:///{file}", first_release(tmp_path) if "first" in there else ALL)
            mode = "WAL" if "after use" in there else "DELETE"
            with closing(sqlite3.connect(file)) as connection:
                connection.execute(f"PRAGMA journal_mode={mode}")
            file.chmod(0o444)
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", UNPRIVILEGED, f"/{tmp_path}/other.db", f"/{file}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=VERSIONS.parents[1], timeout=60)
        Path(folder).chmod(0o755)

    assert said in done.stdout, done.stderr
