"""
title: Sleeping
description: A blocking tool and one that waits; both tell when they are run to their end.
"""

import asyncio
import time
from pathlib import Path


class Tools:
    """What the host offers to the model."""

    def sleep_blocking(self, seconds: float, mark: str = "") -> str:
        """
        Block the thread it runs in.

        :param seconds: how long
        :param mark: a file to write at the end
        """
        time.sleep(seconds)
        if mark:
            Path(mark).write_text("ended")
        return f"slept {seconds}"

    async def sleep_waiting(self, seconds: float, mark: str = "") -> str:
        """
        Wait without blocking.

        :param seconds: how long
        :param mark: a file to write at the end
        """
        await asyncio.sleep(seconds)
        if mark:
            Path(mark).write_text("ended")
        return f"waited {seconds}"
