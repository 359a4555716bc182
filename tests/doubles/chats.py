"""Chats in memory."""

from collections.abc import Collection

from ports.chats import LONGEST_LINE, ChatsUnavailable, LineMessage


class MemoryChats:
    """Implements Chats; `ids` are the existing chats, `broken` makes every call fail, `host` is the identity.

    `parents` maps chat and message to the message before it; `asked` contains the user's messages.
    """

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)
        self.broken = False
        self.host = "host-1"
        self.parents: dict[tuple[str, str], str] = {}
        self.asked: set[str] = set()
        self.lines = 0

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return the existing ones."""
        if self.broken:
            raise ChatsUnavailable("broken")
        return frozenset(self.ids.intersection(chat_ids))

    async def identity(self) -> str:
        """Return `host`."""
        if self.broken:
            raise ChatsUnavailable("broken")
        return self.host

    async def line(self, chat_id: str, message_id: str) -> tuple[LineMessage, ...]:
        """Follow the parents of a message."""
        self.lines += 1
        if self.broken:
            raise ChatsUnavailable("broken")
        found: dict[str, LineMessage] = {}
        while (chat_id, message_id) in self.parents and message_id not in found and len(found) < LONGEST_LINE:
            found[message_id] = LineMessage(message_id, message_id in self.asked)
            message_id = self.parents[chat_id, message_id]
        return tuple(found.values())

    def add(self, chat_id: str, *messages: str) -> None:
        """Add messages in a line, the first by the user, or extend an existing chat."""
        for before, message in zip(("", *messages), messages, strict=False):
            self.parents.setdefault((chat_id, message), before)
        self.asked.update(messages[::2])
