"""Runs of tools to store."""

from dataclasses import replace
from datetime import timedelta

from ports.tool_runs import ToolRun
from tests.contracts.artifact_cases import DAY, HERE, ulid


def run(turn: int, call: int, **changes: object) -> ToolRun:
    """Return a run of ann's."""
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
