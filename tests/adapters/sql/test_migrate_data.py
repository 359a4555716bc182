"""The revisions: together they create the code's tables, and each is compatible with the previous release."""

import ast
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event

from adapters.sql.migrate import VERSION_TABLE
from adapters.sql.tables import artifact, metadata, tool_run
from tests.adapters.sql.migrating import (
    OLD_ROW,
    OLD_RUN,
    VERSIONS,
    engine_of,
    first_release,
    migrated,
    new_url,
    run,
    second_release,
    tables_in,
)

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgres"])
ADDING = re.compile(r"CREATE (TABLE|INDEX) \S+|ALTER TABLE \S+ ADD COLUMN ")
CHANGING = re.compile(r"\s*(CREATE|ALTER|DROP|UPDATE|DELETE|INSERT)\b")


@BOTH
def test_all_revisions_together_create_the_tables_of_the_code(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    migrated(url)

    with engine_of(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        inspector = sa.inspect(connection)
        keys = {table.name: inspector.get_pk_constraint(table.name) for table in metadata.sorted_tables}
    assert tables_in(url) == {*metadata.tables, VERSION_TABLE}
    assert {name: key["constrained_columns"] for name, key in keys.items()} == {
        table.name: [column.name for column in table.primary_key] for table in metadata.sorted_tables
    }


def test_texts_compare_by_their_bytes_on_postgres(tmp_path: Path) -> None:
    url = new_url("postgres", tmp_path)
    migrated(url)

    asked = (
        "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_name LIKE 'openrouter_pipe_%'"
        f" AND table_name <> '{VERSION_TABLE}' AND data_type IN ('text', 'character varying')"
    )
    assert run(url, asked) == [("C",)]


@BOTH
def test_rows_of_the_first_release_survive_byte_for_byte(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    migrated(url, first_release(tmp_path))
    rows = [OLD_ROW | {"id": f"{number}", "payload": bytes([number]) * number} for number in range(200)]
    old = sa.Table(artifact.name, sa.MetaData(), autoload_with=engine_of(url))
    run(url, sa.insert(old), rows)
    migrated(url)

    new = sa.select(artifact).order_by(sa.cast(artifact.c.id, sa.Integer))
    with engine_of(url).connect() as connection:
        found = [dict(row) for row in connection.execute(new).mappings()]
    assert found == [row | {"fingerprint": ""} for row in rows]


@BOTH
def test_workers_of_the_first_release_still_work_in_the_new_tables(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    migrated(url, first_release(tmp_path))
    old = sa.Table(artifact.name, sa.MetaData(), autoload_with=engine_of(url))
    migrated(url)
    run(url, sa.insert(old), OLD_ROW)
    run(url, sa.update(old).values(touched_at=9))

    assert run(url, sa.select(old)) == [tuple((OLD_ROW | {"touched_at": 9})[column.name] for column in old.columns)]
    assert run(url, sa.select(artifact.c.fingerprint)) == [("",)]


@BOTH
def test_runs_of_the_second_release_survive_and_its_workers_still_work(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    migrated(url, second_release(tmp_path))
    old = sa.Table(tool_run.name, sa.MetaData(), autoload_with=engine_of(url))
    run(url, sa.insert(old), OLD_RUN | {"call_id": "before"})
    migrated(url)
    run(url, sa.insert(old), OLD_RUN | {"call_id": "after"})
    run(url, sa.update(old).where(old.c.call_id == "after").values(state="finished"))

    states = {"before": "started", "after": "finished"}
    with engine_of(url).connect() as connection:
        found = {row["call_id"]: dict(row) for row in connection.execute(sa.select(tool_run)).mappings()}
    empty = dict.fromkeys(("payload", "key_id", "codec", "size"))
    assert found == {
        call_id: OLD_RUN | empty | {"call_id": call_id, "state": state} for call_id, state in states.items()
    }


@BOTH
def test_steps_only_add_and_rewrite_no_row(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if CHANGING.match(statement) and VERSION_TABLE not in statement:
            seen.append(statement.strip())

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        migrated(url)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)

    assert seen
    assert [statement for statement in seen if not ADDING.match(statement)] == []


@pytest.mark.parametrize("file", sorted(VERSIONS.glob("*.py")), ids=lambda file: file.stem)
def test_a_revision_imports_nothing_of_the_pipe(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(node, "module", None) or node.names[0].name for node in imports}

    assert modules <= {"sqlalchemy", "alembic.operations"}
    assert re.search(r"\b(Expand|Contract)\b", ast.get_docstring(tree) or "")
    assert "downgrade" not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
