"""Tools of real hosts, called by the model and run for it."""

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.tooled import install_tools, order, with_tools

pytestmark = pytest.mark.host
MODEL = "openrouter.sim/tools"


async def test_a_tool_is_run_once_and_its_result_reaches_the_model(
    host: InstalledHost, client: HostAdmin, page: BrowserSession
) -> None:
    await install_tools(client)
    words = fresh("Add them.")
    turn = await page.send(f"{words}\n{order('add', {'a': 20, 'b': 22})}", model=MODEL, options=with_tools("adding"))
    assert "The tools gave 1 results: 42" in turn.stored_text
    assert len(host.asked(words)) == 2
