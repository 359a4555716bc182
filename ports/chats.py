"""The host's chats, as far as stored data refers to them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

LONGEST_LINE = 10_000


class ChatsUnavailable(Exception):
    """The host cannot answer, now or at all; draw no conclusions. `reason` is the error's type."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"chats: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LineMessage:
    """One message in a chain of parents; `asked`: the user wrote it."""

    id: str
    asked: bool


@runtime_checkable
class Chats(Protocol):
    """Reports which chats exist and which messages precede a message."""

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return those of at most 100 ids whose chat still exists. Raises ChatsUnavailable."""
        ...

    async def identity(self) -> str:
        """Return what tells this host's data from that of another installation; empty while it has no people.

        It stays the same through restarts, upgrades and moves to another database. Raises ChatsUnavailable.
        """
        ...

    async def line(self, chat_id: str, message_id: str) -> tuple[LineMessage, ...]:
        """Return a message and its ancestors, up to the first message of the chat; empty if the message is unknown.

        At most LONGEST_LINE messages. Reads the whole chat, so use it rarely. Raises ChatsUnavailable.
        """
        ...
