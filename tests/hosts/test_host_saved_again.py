"""An administrator saves the function while an answer runs."""

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import stream_chat
from tests.hosts.installed import InstalledHost, install, newer

pytestmark = pytest.mark.host

NEW_CODE = """

import functools as _functools

_earlier = Pipe.pipe


@_functools.wraps(_earlier)
async def _later(self, body, **rest):
    said = {**body["messages"][-1], "content": "the new code speaks"}
    return await _earlier(self, {**body, "messages": [said]}, **rest)


Pipe.pipe = _later
"""


async def test_running_answer_finishes_and_the_next_one_comes_from_the_code_saved_meanwhile(
    page: BrowserSession, client: HostAdmin, host: InstalledHost
) -> None:
    await install(client, host.source, host.valves, function_id="renewed")
    try:
        slow = host.model("sim/deltas-80-rate-8", function_id="renewed")
        running = await page.send("begin", model=slow, wait=False)
        await running.until(lambda turn: turn.text_shown)
        await client.update_function("renewed", newer(host.source) + NEW_CODE)
        assert not running.shown.done
        after = await stream_chat(client, "renewed.sim/echo", "which code is this?")
        await running.finish()
        assert after.text == "You said: the new code speaks"
        assert len(running.stored_text.split()) == 80
        assert running.shown.error is None
    finally:
        await client.delete_function("renewed")
