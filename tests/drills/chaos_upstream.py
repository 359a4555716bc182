"""An upstream that misbehaves in every way, on raw sockets: `python -m tests.drills.chaos_upstream` prints its URL.

A request names its turn, in the header `HTTP-Referer` or in the last message: `chaos-<seed>`. The seed decides
everything, so a turn that went wrong can be repeated; `t` after it: the turn has tools. `chaos-<seed>-<behaviour>`
names one behaviour.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

from tests.drills.chaos_answers import BEHAVIOURS, Hung, Talk
from tests.drills.chaos_frames import voice_of

MARK = re.compile(r"chaos-(\d+)(t?)(?:-([a-z_]+))?")
MODELS = ("chaos/model", "chaos/chat", "chaos/other")
TURNS_KNOWN = 5_000
NAMES = sorted(BEHAVIOURS)
HOLD = re.compile(r"hold-(\d+)")
"""Marks a request whose answer takes so many ms."""


def plan_of(seed: int, tools: bool) -> list[str]:
    """Return what a turn meets, in the order of its attempts: names of behaviours, or `call` for a tool call."""
    rng = Random(seed)
    first = rng.choice(NAMES)
    plan = [first]
    if tools:
        plan = ["call"] * rng.choice((0, 1, 1, 2, 9)) + plan
    plan += [first if rng.random() < 0.5 else rng.choice(NAMES), "plain" if rng.random() < 0.7 else first]
    return plan


class ChaoticUpstream:
    """Serves on loopback; `attempts` counts the requests of each turn."""

    def __init__(self) -> None:
        self.attempts: OrderedDict[str, int] = OrderedDict()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with suppress(Hung, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            while await self._answer(reader, writer):
                pass
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, _, rest = head.partition("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rest.split("\r\n"))}
        if first.startswith("GET"):
            await _list_models(writer, first)
            return True
        named = MARK.search(headers.get("http-referer", ""))
        if named is not None and not HOLD.search(headers["http-referer"]):
            name = self._next(named, count=False)
            if name in BEHAVIOURS and BEHAVIOURS[name].early:
                self._next(named)
                await BEHAVIOURS[name].play(Talk(writer, voice_of("", "", ""), Random(0)))
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked: dict[str, Any] = json.loads(body)
        text = headers.get("http-referer", "") + body.decode("utf-8", "replace")
        path = first.split(" ")[1]
        if (hold := HOLD.search(text)) is not None:
            return await _held(Talk(writer, voice_of(path, asked["model"], "gen-held"), Random(0)), int(hold[1]))
        marks = list(MARK.finditer(text))
        mark = named or (marks[-1] if marks else None)
        name = "plain" if mark is None else self._next(mark)
        number = self.attempts.get(mark[0], 0) if mark is not None else 0
        rng = Random(f"{mark[0] if mark else ''} {number}")
        talk = Talk(writer, voice_of(path, asked["model"], f"gen-{number}"), rng, bool(asked.get("stream")))
        if name == "call":
            tool = rng.choice(("work", "fail", "hang", "nobody", "work"))
            arguments = rng.choice(("{}", "{}", '{"a": 1}', "", "[1", '{"a": "' + "x" * 9000 + '"}'))
            await talk.stream_of(talk.voice.call(tool, arguments, number))
            return True
        if not talk.stream and name in ("plain", "trickled", "slow_words", "split_anywhere", "closes_after"):
            name = "whole_object"
        await BEHAVIOURS[name].play(talk)
        return talk.keeps

    def _next(self, mark: re.Match[str], *, count: bool = True) -> str:
        number = self.attempts.get(mark[0], 0)
        if count:
            self.attempts[mark[0]] = number + 1
            while len(self.attempts) > TURNS_KNOWN:
                self.attempts.popitem(last=False)
        plan = [mark[3]] if mark[3] else plan_of(int(mark[1]), bool(mark[2]))
        return plan[min(number, len(plan) - 1)]


async def _held(talk: Talk, milliseconds: int) -> bool:
    """Answer truthfully, with the words spread over a time."""
    frames = talk.good()
    await talk.head()
    for one in frames[:4]:
        await talk.chunk(one)
    for _ in range(milliseconds // 1000):  # comments keep the connection from looking idle
        await asyncio.sleep(1.0)
        await talk.chunk(b": \n\n")
    await asyncio.sleep(milliseconds % 1000 / 1000)
    await talk.chunk(b"".join(frames[4:]))
    await talk.end()
    return True


async def _list_models(writer: asyncio.StreamWriter, first: str) -> None:
    listed = "/models" in first and "images" not in first
    entries = [
        {
            "id": slug,
            "name": slug,
            "context_length": 128_000,
            "supported_parameters": ["tools"],
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        }
        for slug in MODELS
    ]
    body = json.dumps({"data": entries if listed else []}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def _serve() -> None:
    upstream = ChaoticUpstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, limit=64 << 20, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/v1", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def chaotic_upstream() -> Iterator[str]:
    """Run the upstream in a process of its own, until the block ends; return its URL."""
    command = [sys.executable, "-m", "tests.drills.chaos_upstream"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve())
