"""Reject well-formed chat histories that providers reject."""

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.history import TOOL_NAME
from entrypoints.simulator.refusals.receivers import check_names_and_ids, named_messages
from entrypoints.simulator.refusals.verdicts import Provider


def check_chat_history(messages: list[Json], provider: Provider) -> None:
    """Raise Refusal for tool messages without calls, calls without tool messages, and invalid tool names."""
    check_names_and_ids(named_messages(messages), provider)
    waiting = list[str]()
    for message in messages:
        if message["role"] == "tool":
            call_id = message["tool_call_id"]
            if call_id not in waiting:
                provider.refuse(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message "
                    "with 'tool_calls'."
                )
            waiting.remove(call_id)
            continue
        if waiting:
            provider.refuse(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following did not have response messages: {', '.join(waiting)}"
            )
        for call in message.get("tool_calls") or ():
            waiting.append(call["id"])
            if not TOOL_NAME.fullmatch(call["function"]["name"]):
                provider.refuse("Invalid 'tool_calls[0].function.name': string does not match the pattern.")
