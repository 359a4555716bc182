"""
title: Ticker
version: 1.0
description: Ticks every millisecond on the host's own event loop and remembers when it was kept waiting.
"""

import asyncio
import gc
import json
import time
from typing import Any

TICK = 0.001
WORTH_TELLING = 0.001
LONGEST = 300.0


class Pipe:
    def __init__(self) -> None:
        self.ticking: asyncio.Task[None] | None = None
        self.gaps: list[tuple[float, float, float]] = []
        self.collecting_since = self.collected = 0.0

    def pipes(self) -> list[dict[str, str]]:
        return [{"id": "tick", "name": "Ticker"}]

    async def pipe(self, body: dict[str, Any]) -> str:
        """Accept `start`, later `stop`: the answer lists each delay beyond a tick as [end, length, collected], in
        seconds.

        `collected` is the part of the delay taken by the interpreter's garbage collector.
        """
        if self.ticking is not None:
            self.ticking.cancel()
            self.ticking = None
            gc.callbacks.remove(self.collector)
        if body["messages"][-1]["content"] == "start":
            self.gaps = []
            gc.callbacks.append(self.collector)
            self.ticking = asyncio.create_task(self.tick())
            return "ticking"
        return json.dumps(self.gaps)

    async def tick(self) -> None:
        end = time.perf_counter() + LONGEST
        last = time.perf_counter()
        while last < end:
            before = self.collected
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            if now - last > TICK + WORTH_TELLING:
                self.gaps.append((now, now - last - TICK, self.collected - before))
            last = now

    def collector(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self.collecting_since = time.perf_counter()
        else:
            self.collected += time.perf_counter() - self.collecting_since
