"""Chats that live in memory."""

from collections.abc import Collection

from ports.chats import ChatsUnavailable


class MemoryChats:
    """Implements Chats; `ids` are those that are there, `broken` makes every call fail."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)
        self.broken = False

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return those that are there."""
        if self.broken:
            raise ChatsUnavailable("broken")
        return frozenset(self.ids.intersection(chat_ids))
