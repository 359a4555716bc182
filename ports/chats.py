"""The host's chats, as far as anything of ours hangs on them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

LONGEST_LINE = 10_000


class ChatsUnavailable(Exception):
    """The host cannot tell, now or at all; nothing may be concluded. `reason` is the kind of error."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"chats: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LineMessage:
    """One message of a chat's line; `asked`: the person wrote it."""

    id: str
    asked: bool


@runtime_checkable
class Chats(Protocol):
    """Knows which chats exist, and what stands before a message."""

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return those of at most 100 ids whose chat is still there. Raises ChatsUnavailable."""
        ...

    async def line(self, chat_id: str, message_id: str) -> tuple[LineMessage, ...]:
        """Return a message and those it follows, up to the first of its chat; empty if it is unknown.

        Of at most LONGEST_LINE messages. Reads the whole chat: for rare occasions. Raises ChatsUnavailable.
        """
        ...
