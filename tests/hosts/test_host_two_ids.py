"""The same file installed twice in one host."""

import asyncio

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from tests.hosts.installed import InstalledHost, fresh, install

pytestmark = pytest.mark.host

LIMIT = 2


async def test_two_installations_work_and_share_one_limit(client: HostAdmin, host: InstalledHost) -> None:
    limited = {**host.valves, "MAX_CONCURRENT_REQUESTS": LIMIT}
    await install(client, host.source, limited, function_id="first")
    await install(client, host.source, limited, function_id="second")
    await client.set_valves("openrouter", limited)
    try:
        words = fresh("side by side")
        models = [host.model("sim/deltas-10-rate-20", function_id=name) for name in ("first", "second") * 3]
        replies = await asyncio.gather(*(stream_chat(client, model, words) for model in models))
        assert [len(reply.text.split()) for reply in replies] == [10] * 6
        assert _most_at_once(host, words) <= LIMIT
    finally:
        await client.set_valves("openrouter", host.valves)
        await client.delete_function("first")
        await client.delete_function("second")


def _most_at_once(host: InstalledHost, words: str) -> int:
    spans = [(record.started_at, record.ended_at or float("inf")) for record in host.asked(words)]
    assert len(spans) == 6
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
