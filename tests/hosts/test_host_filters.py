"""A filter of the host that edits the stream works in the page too."""

from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from tests.hosts.filtered import redacting_filter
from tests.hosts.installed import InstalledHost, error_ids, fault_text, fresh
from tests.hosts.tooled import install_tools, order, pipe_calls, sent_calls, with_tools

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/thoughtful-tools"


async def test_what_a_filter_hides_is_neither_shown_nor_stored(
    host: InstalledHost, page: BrowserSession, client: HostAdmin, tmp_path: Path
) -> None:
    await install_tools(client)
    path = tmp_path / "counted"
    first, second = (order("count", {"path": str(path), "key": key}, first=at) for at, key in ((1, "a"), (2, "b")))
    async with redacting_filter(client):
        plain = await page.send(fresh("a SECRET word"), model="openrouter.sim/echo")
        assert plain.text_shown.startswith("You said: a [hidden] word")
        assert plain.stored_text.startswith("You said: a [hidden] word")
        worked = await page.send(f"{fresh('Do it.')}\n{first}\n{second}", model=MODEL, options=with_tools("counting"))
        assert worked.stored_text.endswith("The tools gave 2 results: counted a | counted b")
        assert worked.stored_reasoning.count("results so far") == 3
        assert await pipe_calls(host, worked) == 1
        assert path.read_text() == "a\nb\n"
        assert worked.message.get("usage") or worked.shown.usage
        words = fresh("And now?")
        await page.send(words, chat=worked, options=with_tools("counting"))
        assert [output for _, output in sent_calls(host.asked(words)[-1].body["input"])] == ["counted a", "counted b"]
        failed = await page.send(fresh("hello"), model="openrouter.sim/error-429")
        assert error_ids(fault_text(failed))
        cut = await page.send(fresh("hello"), model="openrouter.sim/cut-5")
        assert cut.stored_text
        assert error_ids(fault_text(cut))
    open_again = await page.send(fresh("a SECRET word"), model="openrouter.sim/echo")
    assert open_again.stored_text.startswith("You said: a SECRET word")
