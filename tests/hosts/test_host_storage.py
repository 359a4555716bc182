"""On a host with SQLite our data is in files of our own that only their owner can read; temporary chats leave none."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from entrypoints.devhost.browser import BrowserSession
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.test_host_memory import THINKER, ask, thoughts
from tests.patience import eventually

pytestmark = pytest.mark.host
OWN = "openrouter_pipe.db"


def data(host: InstalledHost) -> Path:
    """Return the folder of the host's own database."""
    return host.server.folder / "data"


def count(host: InstalledHost, chat_id: str) -> int:
    """Return how many rows a chat has stored."""
    with closing(sqlite3.connect(data(host) / OWN, timeout=10)) as database:
        query = "SELECT count(*) FROM openrouter_pipe_artifact WHERE chat_id = ?"
        return int(database.execute(query, (chat_id,)).fetchone()[0])


def all_turns(host: InstalledHost) -> set[str]:
    """Return the turns that have stored rows."""
    with closing(sqlite3.connect(data(host) / OWN, timeout=10)) as database:
        return {turn for (turn,) in database.execute("SELECT DISTINCT turn_id FROM openrouter_pipe_artifact")}


async def test_our_database_and_its_key_are_files_beside_the_hosts_for_their_owner_only(
    page: BrowserSession, host: InstalledHost
) -> None:
    turn, _ = await ask(page, host, None, "keep this")
    await eventually(lambda: count(host, turn.chat_id))
    assert (data(host) / "webui.db").exists()
    ours = sorted(path.name for path in data(host).glob("openrouter_pipe*"))
    own = {name for name in ours if not name.startswith(("openrouter_pipe_models-", "openrouter_pipe_code_"))}
    keys = {"openrouter_pipe.key", "openrouter_pipe_lookup.key"}
    assert {OWN, *keys} <= own <= {OWN, f"{OWN}-shm", f"{OWN}-wal", *keys}
    assert {oct((data(host) / name).stat().st_mode & 0o777) for name in ours} == {"0o600"}


async def test_host_database_holds_nothing_of_ours(page: BrowserSession, host: InstalledHost) -> None:
    await ask(page, host, None, "keep this")
    with closing(sqlite3.connect(data(host) / "webui.db", timeout=10)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    assert not [name for name in names if "openrouter_pipe" in name]


async def test_what_is_kept_cannot_be_read_without_the_key_file(page: BrowserSession, host: InstalledHost) -> None:
    turn, _ = await ask(page, host, None, "keep this")
    await eventually(lambda: count(host, turn.chat_id))
    with closing(sqlite3.connect(data(host) / OWN, timeout=10)) as database:
        rows = database.execute("SELECT key_id, payload FROM openrouter_pipe_artifact").fetchall()
    assert all(key_id for key_id, _ in rows)
    assert not any(b'"item"' in payload or b"encrypted_content" in payload for _, payload in rows)


async def test_temporary_chat_remembers_and_leaves_nothing_in_our_files(
    page: BrowserSession, host: InstalledHost
) -> None:
    saved, _ = await ask(page, host, None, "keep this")
    await eventually(lambda: count(host, saved.chat_id))
    turns = all_turns(host)
    first = await page.send(fresh("forget this"), model=THINKER, temporary=True)
    assert first.shown.error is None
    words = fresh("and this")
    second = await page.send(words, model=THINKER, chat=first)
    assert second.shown.error is None
    after, _ = await ask(page, host, None, "keep this too")
    await eventually(lambda: count(host, after.chat_id))
    assert len(thoughts(host.asked(words)[0])) == 1
    assert first.chat_id.partition(":")[0] in ("local", "temporary")
    assert len(all_turns(host) - turns) == 1
