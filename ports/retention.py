"""What every store lets a cleaning do: rows of deleted chats and of people who asked to be forgotten go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

ID_BYTES = 256
"""Most bytes of an id in UTF-8. A row with a longer one is REFUSED: a key of a database has a limit."""
REFUSED = "refused"
"""The reason of an error that is one of single rows, their data or their owner: the others may be stored alone."""


def has_long_id(*ids: str) -> bool:
    """Return whether an id has more than ID_BYTES bytes."""
    return any(len(one) * 4 > ID_BYTES and len(one.encode("utf-8", "surrogatepass")) > ID_BYTES for one in ids)


@dataclass(frozen=True, slots=True)
class StoredChat:
    """A chat a store has rows of, and when the newest of them was written."""

    chat_id: str
    newest: datetime


@runtime_checkable
class RetainedRows(Protocol):
    """Rows that belong to chats and people. Each store raises the errors of its own port."""

    async def chats(self, namespace: str, after: str, limit: int) -> tuple[StoredChat, ...]:
        """Return chats with rows, in the order of their ids, from the first id greater than `after`; "" for all."""
        ...

    async def delete_chat(self, namespace: str, chat_id: str, limit: int) -> int:
        """Delete up to `limit` rows of one chat; return how many."""
        ...

    async def delete_person(self, namespace: str, user_id: str, limit: int) -> int:
        """Delete up to `limit` rows of one owner; return how many."""
        ...
