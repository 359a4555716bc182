"""Example tool runs."""

from dataclasses import replace
from datetime import timedelta

from ports.cipher import Sealed
from ports.tool_runs import RunState, ToolRun
from tests.contracts.artifact_cases import DAY, HERE, ulid


def run(turn: int, call: int, **changes: object) -> ToolRun:
    """Return one of ann's runs."""
    made = ToolRun(
        namespace=HERE,
        turn_id=ulid(turn),
        call_id=f"call-{call}",
        arguments_hash="ab" * 32,
        name="search",
        user_id="ann",
        started_at=DAY + timedelta(minutes=turn, seconds=call),
        chat_id="chat-1",
        message_id="message-1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


KEPT = Sealed(b"\x01 \x00 \xff sealed", "key-1", 1, 12)


def finished(turn: int, call: int, *, kept: Sealed | None = KEPT, **changes: object) -> ToolRun:
    """Return one of ann's finished runs with its stored result."""
    return run(turn, call, state=RunState.FINISHED, kept=kept, **changes)
