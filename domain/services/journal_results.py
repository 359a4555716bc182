"""Store the results of one turn's calls beside its journal, sealed, until the turn is settled.

A killed turn leaves nothing else: without its results the model would call the same tools again.
"""

import json
from collections.abc import Sequence

from domain.conversation.journalled_calls import TURN_BYTES, JournalledCall, journalled_call, payload_of
from domain.services.remember_turn import TurnMemory
from domain.tools.results import output_of, readable
from ports.cipher import CannotOpen, Cipher, Sealed
from ports.offload import Offload
from ports.tool_runs import NOT_KEPT, ToolRun
from ports.toolbox import ToolCall, ToolResult


class JournalResults:
    """The use case for one turn. A result that does not fit is NOT_KEPT: the call counts as run, its result as lost."""

    def __init__(self, memory: TurnMemory, offload: Offload) -> None:
        self._memory, self._offload = memory, offload
        self._left = TURN_BYTES

    async def seal(self, run: ToolRun, call: ToolCall, result: ToolResult) -> Sealed:
        """Return the sealed result of a finished call. Large results are shortened and sealed in a thread."""
        cipher = await self._memory.journal_cipher()
        if cipher is None or self._left <= 0:
            return NOT_KEPT
        size = len(result.text) + len(call.arguments)
        sealed = await self._offload.run(lambda: _sealed(run, call, result, cipher), size=size)
        if sealed.size > self._left:
            return NOT_KEPT
        self._left -= sealed.size
        return sealed


async def open_results(
    runs: Sequence[ToolRun], memory: TurnMemory | None, offload: Offload
) -> tuple[JournalledCall | None, ...]:
    """Return the stored calls of runs; None where nothing was stored or no key decrypts it."""
    cipher = await memory.journal_cipher() if memory is not None and any(map(_is_kept, runs)) else None
    if cipher is None:
        return (None,) * len(runs)
    size = sum(run.kept.size for run in runs if run.kept is not None)
    return await offload.run(lambda: tuple(_opened(run, cipher) for run in runs), size=size)


def _is_kept(run: ToolRun) -> bool:
    return run.kept is not None and bool(run.kept.payload)


def bond_of_run(run: ToolRun) -> str:
    """Return what the seal of a result is bound to: whose it is, and a tool of which turn."""
    return json.dumps([run.namespace, run.user_id, run.turn_id, run.name, "result"])


def _sealed(run: ToolRun, call: ToolCall, result: ToolResult, cipher: Cipher) -> Sealed:
    output = output_of(call.call_id, readable(result), sees_images=False)["output"]
    payload = payload_of(call.name, call.arguments, str(output))
    return cipher.seal(payload, secret=False, bound=bond_of_run(run)) if payload else NOT_KEPT


def _opened(run: ToolRun, cipher: Cipher) -> JournalledCall | None:
    if run.kept is None or not run.kept.payload:
        return None
    try:
        return journalled_call(cipher.open(run.kept, bound=bond_of_run(run)))
    except CannotOpen:
        return None
