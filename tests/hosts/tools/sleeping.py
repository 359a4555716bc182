"""
title: Sleeping
description: A blocking tool and one that waits; both write their progress into a file.
"""

import asyncio
import time
from pathlib import Path


class Tools:
    """The tools that the host offers to the model."""

    def sleep_blocking(self, seconds: float, mark: str = "") -> str:
        """
        Block the thread it runs in.

        :param seconds: how long
        :param mark: a file for the progress
        """
        _write(mark, "begun")
        time.sleep(seconds)
        _write(mark, "ended")
        return f"slept {seconds}"

    async def sleep_waiting(self, seconds: float, mark: str = "") -> str:
        """
        Wait without blocking.

        :param seconds: how long
        :param mark: a file for the progress
        """
        _write(mark, "begun")
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            _write(mark, "cancelled")
            raise
        _write(mark, "ended")
        return f"waited {seconds}"

    async def wait_for_file(self, path: str) -> str:
        """
        Wait until a file is there.

        :param path: the file
        """
        while not Path(path).exists():
            await asyncio.sleep(0.05)
        return "found"


def _write(mark: str, word: str) -> None:
    if mark:
        Path(mark).write_text(word)
