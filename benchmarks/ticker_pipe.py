"""
title: Ticker
version: 1.0
description: Ticks every millisecond on the host's own event loop and remembers when it was kept waiting.
"""

import asyncio
import json
import time
from typing import Any

TICK = 0.001
WORTH_TELLING = 0.001
LONGEST = 300.0


class Pipe:
    def __init__(self) -> None:
        self.ticking: asyncio.Task[None] | None = None
        self.gaps: list[tuple[float, float]] = []

    def pipes(self) -> list[dict[str, str]]:
        return [{"id": "tick", "name": "Ticker"}]

    async def pipe(self, body: dict[str, Any]) -> str:
        """Say `start`, later `stop`: the answer lists [end, length] of each delay beyond a tick, in seconds."""
        if self.ticking is not None:
            self.ticking.cancel()
            self.ticking = None
        if body["messages"][-1]["content"] == "start":
            self.gaps = []
            self.ticking = asyncio.create_task(self.tick())
            return "ticking"
        return json.dumps(self.gaps)

    async def tick(self) -> None:
        end = time.perf_counter() + LONGEST
        last = time.perf_counter()
        while last < end:
            await asyncio.sleep(TICK)
            now = time.perf_counter()
            if now - last > TICK + WORTH_TELLING:
                self.gaps.append((now, now - last - TICK))
            last = now
