"""What hosts refuse in a well-formed chat history."""

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.history import TOOL_NAME
from entrypoints.simulator.refusals.verdicts import Host


def check_chat_history(messages: list[Json], host: Host) -> None:
    """Refuse tool messages without their calls, calls without tool messages, and names no host takes."""
    waiting = list[str]()
    for message in messages:
        if message["role"] == "tool":
            call_id = message["tool_call_id"]
            if call_id not in waiting:
                host.refuse(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message "
                    "with 'tool_calls'."
                )
            waiting.remove(call_id)
            continue
        if waiting:
            host.refuse(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
                f"'tool_call_id'. The following did not have response messages: {', '.join(waiting)}"
            )
        for call in message.get("tool_calls") or ():
            waiting.append(call["id"])
            if not TOOL_NAME.fullmatch(call["function"]["name"]):
                host.refuse("Invalid 'tool_calls[0].function.name': string does not match the pattern.")
