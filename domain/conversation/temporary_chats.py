"""Chats the host never saves: nothing of them may be left on disk (law 14)."""

_NAMES = ("local", "temporary")


def is_temporary(chat_id: str) -> bool:
    """Tell whether a chat id is that of an unsaved chat: `local`, `local:...`, `temporary:...`.

    Source: the host's contract, "UI or API?".
    """
    return chat_id.partition(":")[0] in _NAMES
