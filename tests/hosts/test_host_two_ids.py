"""The same file is installed under several ids in one host."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from tests.hosts.installed import InstalledHost, fresh, install, newer
from tests.patience import eventually

pytestmark = pytest.mark.host

LIMIT = 2
SLOW = "sim/deltas-10-rate-20"
LONG = "sim/deltas-100-rate-8"
"""A scenario that takes five seconds: 0.6 runs the installer at each save, and blocks everything else meanwhile."""


@pytest.fixture
async def limited(client: HostAdmin, host: InstalledHost) -> AsyncIterator[tuple[str, str]]:
    """Install the file under two more ids, all three limited to two requests at a time."""
    ids = ("first", "second")
    valves = {**host.valves, "MAX_CONCURRENT_REQUESTS": LIMIT}
    await client.set_valves("openrouter", valves)
    for function_id in ids:
        await install(client, host.source, valves, function_id=function_id)
    yield ids
    await client.set_valves("openrouter", host.valves)
    for function_id in ids:
        await client.delete_function(function_id)


async def test_both_answer_and_share_one_limit(
    client: HostAdmin, host: InstalledHost, limited: tuple[str, str]
) -> None:
    words = fresh("side by side")
    models = [host.model(SLOW, function_id=function_id) for function_id in limited * 3]
    replies = await asyncio.gather(*(stream_chat(client, model, words) for model in models))
    assert [len(reply.text.split()) for reply in replies] == [10] * 6
    assert _most_at_once(host, words) == LIMIT


async def test_code_saved_meanwhile_keeps_to_the_limit_of_the_running_answers(
    client: HostAdmin, host: InstalledHost, limited: tuple[str, str]
) -> None:
    words = fresh("before and after")
    long = [host.model(LONG, function_id=function_id) for function_id in limited]
    early = [asyncio.create_task(stream_chat(client, model, words)) for model in long]
    await eventually(lambda: len(host.asked(words)) == 2)
    for function_id in limited:
        await client.update_function(function_id, newer(host.source))
    assert not any(task.done() for task in early)
    late = [stream_chat(client, host.model(SLOW, function_id=function_id), words) for function_id in limited]
    replies = await asyncio.gather(*early, *late)
    assert [len(reply.text.split()) for reply in replies] == [100, 100, 10, 10]
    assert _most_at_once(host, words) == LIMIT


def _most_at_once(host: InstalledHost, words: str) -> int:
    spans = [(record.started_at, record.ended_at or float("inf")) for record in host.asked(words)]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
