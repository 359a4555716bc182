"""The steps that bring a database up to date, in the single file: carried as text, unpacked for a while, run alone."""

import asyncio
import stat
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa

from entrypoints.core.revisions import revisions_dir
from entrypoints.openwebui.bundle.build import BundleRefused, build, packaged
from entrypoints.openwebui.bundle.collect import reachable_sources, revision_texts
from entrypoints.openwebui.bundle.loader import EmbeddedModules
from entrypoints.openwebui.bundle.rewrite import ImportRefused
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY, HostLoad, packed

STEP = '''"""0001 words: "quoted", \\\\n and \\u00fc. Expand."""\n\nrevision, down_revision = "0001", None\n'''
MEETING = """
import meeting_of_two_loads
import sqlalchemy as sa
revision, down_revision = "0001", None
def upgrade(op):
    meeting_of_two_loads.wait(20)
    op.create_table("openrouter_pipe_{name}", sa.Column("id", sa.Integer, primary_key=True))
    meeting_of_two_loads.wait(20)
    op.create_index("openrouter_pipe_{name}_id", "openrouter_pipe_{name}", ["id"])
"""


@pytest.fixture
def carrying(tree: Path) -> Path:
    """The small tree with a revision, and with what finds it."""
    (tree / "alembic/versions").mkdir(parents=True)
    (tree / "alembic/versions/0001_words.py").write_text(STEP, "utf-8")
    found = (REPOSITORY / "entrypoints/core/revisions.py").read_text("utf-8")
    (tree / "entrypoints/core").mkdir()
    (tree / "entrypoints/core/revisions.py").write_text(found, "utf-8")
    with (tree / "entrypoints/openwebui/service.py").open("a", encoding="utf-8") as service:
        service.write("\n\nfrom entrypoints.core.revisions import revisions_dir\n")
    return tree


def carried_revisions(module: ModuleType) -> ModuleType:
    return module.__dict__["_EMBEDDED"].load("entrypoints.core.revisions")


def test_in_the_repository_they_are_read_where_they_are() -> None:
    with ExitStack() as stack:
        folder = revisions_dir(stack)

    assert folder == REPOSITORY / "alembic" / "versions"
    assert folder.is_dir()


def test_the_single_file_unpacks_them_unchanged_for_itself_alone(carrying: Path, host_load: HostLoad) -> None:
    found = carried_revisions(host_load(build(carrying).text))
    with ExitStack() as stack:
        folder = found.revisions_dir(stack)

        assert {file.name: file.read_text("utf-8") for file in folder.iterdir()} == {"0001_words.py": STEP}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_they_are_no_modules(carrying: Path) -> None:
    assert not [path for path in build(carrying).paths if path.startswith("alembic")]


def test_another_step_makes_it_another_file(carrying: Path) -> None:
    before = build(carrying).text
    (carrying / "alembic/versions/0001_words.py").write_text(STEP + "# more\n", "utf-8")

    def name(text: str) -> str:
        return text.rpartition("EmbeddedModules(")[2]

    assert name(build(carrying).text) != name(before)


def test_a_step_that_imports_the_project_is_refused(carrying: Path) -> None:
    (carrying / "alembic/versions/0002_more.py").write_text("from ports.clock import START\n", "utf-8")

    with pytest.raises(ImportRefused, match=r"versions/0002_more\.py:1: a revision imports nothing of the project"):
        build(carrying)


def test_a_step_a_host_would_change_is_refused(carrying: Path) -> None:
    (carrying / "alembic/versions/0002_more.py").write_text("# from " + "main\n", "utf-8")

    with pytest.raises(BundleRefused, match=r"0002_more\.py holds the text"):
        build(carrying)


@pytest.fixture
def two_loads() -> Iterator[list[EmbeddedModules]]:
    """The code that migrates, loaded twice as the single file does it, each with a step that waits for the other's."""
    found = reachable_sources(REPOSITORY, "adapters.sql.migrate")
    found |= reachable_sources(REPOSITORY, "entrypoints.core.revisions")
    sources = packaged(found)
    loads = [
        EmbeddedModules("one", packed(sources, {"0001.py": MEETING.format(name=name)})) for name in ("left", "right")
    ]
    yield loads
    for load in loads:
        load.unload()


def test_two_loads_migrate_two_databases_at_once_and_never_meet(
    two_loads: list[EmbeddedModules], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "meeting_of_two_loads", threading.Barrier(2))

    def migrate(load: EmbeddedModules, name: str) -> object:
        run = load.load("adapters.sql.migrate")
        steps = load.load("entrypoints.core.revisions").revisions_dir
        return asyncio.run(run.migrate(f"sqlite:///{tmp_path}/{name}.db", steps))

    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(migrate, two_loads, ["left", "right"]))

    assert [one.steps for one in found] == [1, 1]  # type: ignore[attr-defined]
    assert type(found[0]) is not type(found[1])
    for name in ("left", "right"):
        tables = set(sa.inspect(sa.create_engine(f"sqlite:///{tmp_path}/{name}.db")).get_table_names())
        assert tables == {f"openrouter_pipe_{name}", "openrouter_pipe_version"}


def test_the_steps_of_this_release_pass_the_host_unchanged() -> None:
    texts = revision_texts(REPOSITORY)

    assert sorted(texts) == sorted(file.name for file in (REPOSITORY / "alembic/versions").glob("*.py"))
    for text in texts.values():
        for old in ("utils", "apps", "main", "config"):
            assert f"from {old}" not in text
