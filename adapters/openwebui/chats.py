"""The host's chats, read from its own table by one query that selects ids only."""

import asyncio
from collections.abc import Collection, Mapping
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

from ports.chats import LONGEST_LINE, ChatsUnavailable, LineMessage

CHATS, DATABASE = "open_webui.models.chats", "open_webui.internal.db"


class OpenWebUiChats:
    """Implements Chats inside the host's process, on its event loop.

    The host's own function for one chat loads the whole chat, and up to 0.8 reports database errors as "no chat";
    therefore this adapter queries the table. Up to 0.8 the query runs in a thread, from 0.9 on the loop.
    """

    async def existing(self, chat_ids: Collection[str]) -> frozenset[str]:
        """Return those ids whose chat is stored."""
        if not chat_ids:
            return frozenset()
        try:
            chats, database = import_module(CHATS), import_module(DATABASE)
            column = chats.Chat.__table__.c.id
            query = chats.Chat.__table__.select().with_only_columns(column).where(column.in_(list(chat_ids)))
            if iscoroutinefunction(chats.Chats.get_chat_by_id):
                async with database.get_async_db_context() as session:
                    found = list((await session.execute(query)).scalars())
            else:
                found = await asyncio.to_thread(_read, database, query)
        except Exception as error:  # the host's code may raise anything; draw no conclusions from an error
            raise ChatsUnavailable(type(error).__name__) from error
        return frozenset(chat_id for chat_id in found if chat_id in chat_ids)

    async def line(self, chat_id: str, message_id: str) -> tuple[LineMessage, ...]:
        """Follow the parents of a message with the host's function for all messages of a chat; it has two names."""
        try:
            table = import_module(CHATS).Chats
            read = getattr(table, "get_messages_map_by_chat_id", None) or table.get_messages_by_chat_id
            found = await read(chat_id) if iscoroutinefunction(read) else await asyncio.to_thread(read, chat_id)
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


def _read(database: Any, query: Any) -> list[str]:
    with database.get_db() as session:
        return list(session.execute(query).scalars())
