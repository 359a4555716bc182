"""A real host leaves one encrypted record per message, without any secret in it."""

import json
from functools import partial
from pathlib import Path

import pytest

from adapters.records.archive import Archive, read
from domain.services.render_record import recorded_turns
from domain.turn.recorded import replay
from domain.turn.steps import Finish
from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.upstream import SIMULATOR_KEY
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.tooled import order, results, settings, tab_with_tools, with_tools
from tests.patience import eventually

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/tools"
PASSWORD = "correct horse 4711"


def records(folder: Path, chat_id: str) -> list[Path]:
    """The archives of a chat."""
    return sorted(file for file in folder.rglob("*.zip") if file.parent.name.startswith(chat_id))


def of_message(folder: Path, chat_id: str, message_id: str) -> list[Path]:
    """The archives of a message."""
    return [file for file in records(folder, chat_id) if file.name.startswith(message_id)]


def opened(file: Path) -> Archive:
    return read(file.read_bytes(), PASSWORD.encode())


async def test_a_message_with_a_tool_and_a_stopped_one_leave_one_record_each(
    host: InstalledHost, client: HostAdmin, tmp_path: Path
) -> None:
    folder = tmp_path / "records"
    valves = {
        "SESSION_LOG_STORE_ENABLED": True,
        "SESSION_LOG_ZIP_PASSWORD": PASSWORD,
        "ADVANCED": f"SESSION_LOG_DIR={folder}",
    }
    async with tab_with_tools(client) as tab, settings(client, **valves):
        stored = await client.valves("openrouter")
        assert str(stored["SESSION_LOG_ZIP_PASSWORD"]).startswith("encrypted:")
        counted = tmp_path / "counted"
        line = order("count", {"path": str(counted), "key": "one"})
        whole = await tab.send("\n".join((fresh("Count once."), line)), model=MODEL, options=with_tools())
        assert results(whole) == ["counted one"]
        await whole.idle()
        line = order("sleep_waiting", {"seconds": 60, "mark": str(tmp_path / "mark")})
        words = "\n".join((fresh("Sleep long."), line))
        stopped = await tab.send(words, model=MODEL, options=with_tools(), wait=False)
        await eventually((tmp_path / "mark").exists)
        await stopped.stop()
        for turn in (whole, stopped):
            await eventually(partial(of_message, folder, turn.chat_id, turn.answer_id))
    for turn in (whole, stopped):
        (file,) = of_message(folder, turn.chat_id, turn.answer_id)
        archive = opened(file)
        written = json.dumps(archive.meta) + "".join(archive.logs) + "".join(archive.events)
        assert SIMULATOR_KEY not in written
        assert PASSWORD not in written
        assert (host.server.folder / "secret").read_text() not in written
        ends = [json.loads(line)["reason"] for line in archive.logs if '"turn_ended"' in line]
        again = [
            step.end.reason.value
            for recorded in recorded_turns(map(json.loads, archive.events))
            if recorded.plan is not None
            for fed in replay(recorded.plan, recorded.entries)
            for step in fed.steps
            if isinstance(step, Finish)
        ]
        assert again == ends
    assert ends == ["cancelled"]
