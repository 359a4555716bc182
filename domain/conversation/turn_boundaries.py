"""Where one turn ends and the next begins."""

from collections.abc import Sequence

from domain.conversation.known_roles import INSTRUCTING


def last_turns(messages: Sequence[object], turns: int) -> Sequence[object]:
    """Return the messages of the last `turns` turns (0 = all), with every system and developer message.

    Consecutive messages of the person belong to one turn, and so does everything up to their next one; thus a call is
    never separated from its output. Source: behaviour of request normalisation, turn counting.
    """
    if turns <= 0:
        return messages
    starts = [
        position
        for position, message in enumerate(messages)
        if _role(message) == "user" and (position == 0 or _role(messages[position - 1]) != "user")
    ]
    if len(starts) <= turns:
        return messages
    begin = starts[-turns]
    kept = [message for message in messages[:begin] if _role(message) in INSTRUCTING]
    return [*kept, *messages[begin:]]


def _role(message: object) -> object:
    return message.get("role") if isinstance(message, dict) else None
