"""The host's chats, read from its own table by one query that selects ids only."""

import hashlib
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any

from adapters.openwebui.host_functions import called, selected, storable
from ports.chats import LONGEST_LINE, ChatsUnavailable, LineMessage

CHATS, USERS = "open_webui.models.chats", "open_webui.models.users"
IDENTITY_DIGITS = 32


class OpenWebUiChats:
    """Implements Chats inside the host's process, on its event loop.

    The host's own function for one chat loads the whole chat, and up to 0.8 reports database errors as "no chat";
    therefore this adapter queries the table. Up to 0.8 the query runs in a thread, from 0.9 on the loop.
    """

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return those ids whose chat is stored."""
        asked = storable(chat_ids)
        if not asked:
            return frozenset()
        try:
            table = import_module(CHATS).Chat.__table__
            query = table.select().with_only_columns(table.c.id).where(table.c.id.in_(asked))
            found = await selected(query)
        except Exception as error:  # the host's code may raise anything; draw no conclusions from an error
            raise ChatsUnavailable(type(error).__name__) from error
        return frozenset(chat_id for (chat_id,) in found if chat_id in chat_ids)

    async def identity(self) -> str:
        """Return a hash of the first account's id: the host never deletes its first administrator."""
        try:
            table = import_module(USERS).User.__table__
            query = table.select().with_only_columns(table.c.id).order_by(table.c.created_at, table.c.id).limit(1)
            found = await selected(query)
        except Exception as error:  # the host's code may raise anything; draw no conclusions from an error
            raise ChatsUnavailable(type(error).__name__) from error
        return hashlib.sha256(found[0][0].encode()).hexdigest()[:IDENTITY_DIGITS] if found else ""

    async def line(self, chat_id: str, message_id: str) -> tuple[LineMessage, ...]:
        """Follow the parents of a message with the host's function for all messages of a chat; it has two names."""
        try:
            table = import_module(CHATS).Chats
            read = getattr(table, "get_messages_map_by_chat_id", None) or table.get_messages_by_chat_id
            found = await called(read, chat_id)
        except Exception as error:  # the host's code may raise anything; draw no conclusions from an error
            raise ChatsUnavailable(type(error).__name__) from error
        return tuple(_line(found if isinstance(found, Mapping) else {}, message_id).values())


def _line(messages: Mapping[str, Any], message_id: object) -> dict[str, LineMessage]:
    line: dict[str, LineMessage] = {}
    while isinstance(message_id, str) and message_id not in line and len(line) < LONGEST_LINE:
        message = messages.get(message_id)
        if not isinstance(message, Mapping):
            break
        line[message_id] = LineMessage(message_id, message.get("role") == "user")
        message_id = message.get("parentId")
    return line
