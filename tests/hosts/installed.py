"""Shared by the end-to-end tests: a host with the function installed, and access to the requests that upstream got."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.client import Account
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.turn import Turn
from entrypoints.devhost.upstream import SIMULATOR_KEY
from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.threads import SimulatorThread

FUNCTION_ID = "openrouter"
ERROR_ID = re.compile(r"\b(?:[0-9a-f]{12,32}|[0-9A-HJKMNP-TV-Z]{26})\b")
READY_SECONDS = 180.0
RARELY_OPEN = "BREAKER_MAX_FAILURES=50\nBREAKER_WINDOW_SECONDS=5"


@dataclass(frozen=True)
class InstalledHost:
    """A running host with the function installed as `openrouter`; `admin` is signed in."""

    server: HostServer
    admin: Account
    simulator: SimulatorThread
    source: str
    _cast: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def valves(self) -> dict[str, str]:
        """Return the valves that select the simulator as upstream, and breakers that many failed turns do not open.

        All tests of a host are one person, and many of them fail on purpose, in any order and at any speed.
        """
        return {"API_KEY": SIMULATOR_KEY, "BASE_URL": self.simulator.url, "ADVANCED": RARELY_OPEN}

    def model(self, scenario: str, *, function_id: str = FUNCTION_ID) -> str:
        """Return the id of a listed model that plays `scenario` (`sim/…`); each scenario has a model of its own."""
        if scenario not in self._cast:
            self._cast[scenario] = CAST[len(self._cast)]
            self.simulator.set_override(self._cast[scenario], scenario)
        return f"{function_id}.{self._cast[scenario]}"

    def asked(self, words: str) -> list[RequestRecord]:
        """Return upstream's records of the requests with `words` in the body."""
        calls = [record for record in self.simulator.records if record.path.endswith("/responses")]
        return [record for record in calls if words in json.dumps(record.body, ensure_ascii=False)]


CAST = (
    "openai/gpt-4-turbo",
    "qwen/qwen3.7-flash",
    "gryphe/mythomax-l2-13b",
    "deepseek/deepseek-v4-flash",
    "qwen/qwen3-coder-plus",
    "minimax/minimax-m3",
)
"""Catalog models that play scenarios which the catalog does not list; no model that a test asks under its own name."""


def fresh(words: str) -> str:
    """Return `words` with a unique ending, by which the request can be found."""
    return f"{words} {uuid4().hex[:10]}"


async def install(admin: HostAdmin, source: str, valves: Mapping[str, Any], *, function_id: str = FUNCTION_ID) -> None:
    """Install the function, set its valves and wait for its first models."""
    await admin.install_function(function_id, source)
    await admin.set_valves(function_id, valves)
    await admin.wait_for_model(lambda model_id: model_id.startswith(f"{function_id}.sim/"), seconds=READY_SECONDS)


def newer(source: str) -> str:
    """Return the function's text as its next version."""
    lines = source.split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("version:"))
    return "\n".join([*lines[:at], "version: 99.0.0", *lines[at + 1 :]])


def fault_text(turn: Turn) -> str:
    """Return the error text that the person reads: the red box, or the answer if there is no box."""
    return json.dumps(turn.shown.error, ensure_ascii=False) if turn.shown.error else turn.stored_text


def error_ids(text: str) -> list[str]:
    """Return all error ids in a text."""
    return ERROR_ID.findall(text)
