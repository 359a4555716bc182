"""How a test waits for what must come."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

PATIENCE = 60.0
"""Seconds. Only a defect makes a test wait as long; a busy machine takes many times what a quiet one does."""
_PAUSE_SECONDS = 0.005


async def eventually(holds: Callable[[], object | Awaitable[object]]) -> None:
    """Wait until `holds()`, or what it awaits, is true; fail after PATIENCE seconds."""
    async with asyncio.timeout(PATIENCE):
        while not (await seen if isawaitable(seen := holds()) else seen):
            await asyncio.sleep(_PAUSE_SECONDS)
