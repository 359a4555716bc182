"""A tree of a few modules to build a bundle from, and where the real shell is."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from entrypoints.openwebui.bundle.carried import CarriedFiles
from entrypoints.openwebui.bundle.pack import pack

REPOSITORY = Path(__file__).resolve().parents[4]
HostLoad = Callable[..., ModuleType]  # text and module name to loaded module


def packed(modules: Mapping[str, str], revisions: Mapping[str, str]) -> CarriedFiles:
    """Return what carries these files, as the single file makes it when it is loaded."""
    return CarriedFiles(*pack(modules, revisions))


TREE = {
    "domain/__init__.py": '"""What the system decides."""\n',
    "domain/turn/machine.py": """\
'Counts, and fails on request.'

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    'One turn.'

    words: int


def fail() -> None:
    'Raise on line 15.'
    raise ValueError("on purpose")
""",
    "ports/clock.py": '"""The clock."""\n\nSTART = 7\n',
    "adapters/late.py": '"""Imported inside a function."""\n\nfrom ports import clock\n\nNOW = clock.START + 1\n',
    "adapters/never.py": '"""Imported by nobody."""\n',
    "entrypoints/openwebui/service.py": """\
'The service of the small tree.'

from domain.turn.machine import (
    Turn,
    fail,
)
from ports import clock  # seconds

MADE = []


class PipeService:
    'Answers with what it was told.'

    def __init__(self, function_name: str, unload: object) -> None:
        MADE.append(function_name)
        self.name = function_name
        self.unload = unload

    async def pipes(self, valves: object) -> list[dict[str, str]]:
        return [{"id": "one", "name": f"{self.name} {Turn(clock.START).words}"}]

    async def pipe(self, call: dict[str, object]) -> object:
        from adapters.late import NOW

        if call["body"].get("fail"):
            fail()
        return {"now": NOW, "call": call}
""",
    "pyproject.toml": """\
[project]
name = "small"
version = "9.8.7"
dependencies = ["aiohttp>=3", "structlog>=24", "orjson"]
""",
}
