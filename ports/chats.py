"""The host's chats, as far as anything of ours hangs on them."""

from collections.abc import Collection
from typing import Protocol, runtime_checkable


class ChatsUnavailable(Exception):
    """The host cannot tell, now or at all; nothing may be concluded. `reason` is the kind of error."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"chats: {reason}")
        self.reason = reason


@runtime_checkable
class Chats(Protocol):
    """Knows which chats exist."""

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return those of at most 100 ids whose chat is still there. Raises ChatsUnavailable."""
        ...
