"""What background work leaves in this process: tasks, threads, sockets and files."""

import asyncio
import os
import threading
from collections import Counter
from contextlib import suppress

NAMES = ("openrouter-pipe", "QueueListener")


def threads_left() -> list[str]:
    """Return the names of the threads of the pipe, and of those that write its logs."""
    writers = [one for one in threading.enumerate() if one.name.startswith("Thread-") and "_monitor" in one.name]
    return [one.name for one in threading.enumerate() if one.name.startswith(NAMES)] + [one.name for one in writers]


def tasks_left() -> list[str]:
    """Return the names of the tasks of the pipe."""
    return [one.get_name() for one in asyncio.all_tasks() if one.get_name().startswith(NAMES)]


def open_files() -> Counter[str]:
    """Return what the file descriptors of the process stand for; sockets and pipes by their kind."""
    found: Counter[str] = Counter()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the descriptor of the folder itself
            found[os.readlink(f"/proc/self/fd/{name}").partition(":[")[0]] += 1
    return found
