"""Metrics of a real host: they add up with what upstream counted, and go on when the function is saved again."""

import asyncio
import random
import socket
from contextlib import suppress
from decimal import Decimal

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from tests.hosts.installed import InstalledHost, fresh, install, newer

pytestmark = pytest.mark.host

PREFIX = "openrouter_pipe_"
ID = "measured"


def free() -> int:
    while True:
        port = random.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Figures:
    """The sums of a process at one moment."""

    def __init__(self, text: str) -> None:
        self._samples = [one for family in text_string_to_metric_families(text) for one in family.samples]

    def sum(self, name: str, **labels: str) -> Decimal:
        """Add up the series of a name that have these labels."""
        found = (one for one in self._samples if one.name == PREFIX + name and labels.items() <= one.labels.items())
        return sum((Decimal(str(one.value)) for one in found), Decimal(0))


async def figures(port: int, turns: int) -> Figures:
    """Return the sums once that many turns have settled."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    read = Figures(await answer.text())
                    if read.sum("turns_total", caller="api") >= turns:
                        return read
            await asyncio.sleep(0.05)


async def no_place_is_taken(port: int) -> None:
    """Return once no request runs in the host; background tasks of earlier chats may still be running."""
    while (await figures(port, 0)).sum("places", kind="requests"):
        await asyncio.sleep(0.2)


async def test_figures_add_up_with_upstreams_and_go_on_after_a_save(client: HostAdmin, host: InstalledHost) -> None:
    port, words = free(), fresh("counted")
    valves = {**host.valves, "ADVANCED": f"METRICS_PORT={port}"}
    await install(client, host.source, valves, function_id=ID)
    try:
        failing = host.model("sim/error-402", function_id=ID)
        for model in (f"{ID}.sim/echo", f"{ID}.sim/echo", failing):
            await stream_chat(client, model, words)
        read = await figures(port, 3)
        failed = failing.partition(".")[2]  # only this test calls it: other turns of the host may still be ending
        assert read.sum("turns_total", caller="api", outcome="stop") == 2
        assert read.sum("turns_total", caller="api", outcome="error") == 1
        assert read.sum("attempts_total", model=failed) == len(host.asked(words)) - 2
        assert read.sum("attempts_total", ending="completed", model="sim/echo") == 2
        assert read.sum("first_output_seconds_count", caller="api") == 2
        async with asyncio.timeout(60):
            await no_place_is_taken(port)
        spent = read.sum("tokens_total", kind="output", model="sim/echo")

        await client.update_function(ID, newer(host.source))
        again = await stream_chat(client, f"{ID}.sim/echo", words)
        assert again.text
        later = await figures(port, 4)
        assert later.sum("turns_total", caller="api", outcome="stop") == 3
        assert later.sum("attempts_total", ending="completed", model="sim/echo") == 3
        assert later.sum("tokens_total", kind="output", model="sim/echo") == spent / 2 * 3
    finally:
        await client.delete_function(ID)
