"""Tools with scripted answers."""

import asyncio
from collections.abc import Mapping

from ports.toolbox import ToolRequest, ToolResult, ToolSpec


class ScriptedToolbox:
    """Implements Toolbox: each name answers with its text, raises its exception, or never ends if it has None.

    `started` and `stopped` list call ids without the turn's prefix; `running` is the current number of calls, `most`
    the highest.
    """

    def __init__(self, answers: Mapping[str, str | Exception | None]) -> None:
        self._answers = answers
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.running = self.most = 0

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return a tool without parameters for each name."""
        empty = {"type": "object", "properties": {}}
        return tuple(ToolSpec(name, "", empty, "workspace") for name in self._answers)

    async def call(self, request: ToolRequest) -> ToolResult:
        """Play the scripted answer."""
        call_id = request.call_id.partition("/")[2] or request.call_id
        self.started.append(call_id)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            answer = self._answers[request.spec.name]
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                await asyncio.get_running_loop().create_future()
            await asyncio.sleep(0)
            return ToolResult(str(answer))
        except asyncio.CancelledError:
            self.stopped.append(call_id)
            raise
        finally:
            self.running -= 1
