"""The host's chats, looked up in its own table by one query for nothing but ids."""

import asyncio
from collections.abc import Collection
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any

from ports.chats import ChatsUnavailable

CHATS, DATABASE = "open_webui.models.chats", "open_webui.internal.db"


class OpenWebUiChats:
    """Implements Chats inside the host's process, on its event loop.

    The host's own function for one chat loads all of it, and up to 0.8 hides errors of the database as "no chat";
    hence the table. Up to 0.8 the query runs in a thread, from 0.9 on the loop.
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
        except Exception as error:  # the host's code: it may raise anything, nothing may be concluded from it
            raise ChatsUnavailable(type(error).__name__) from error
        return frozenset(chat_id for chat_id in found if chat_id in chat_ids)


def _read(database: Any, query: Any) -> list[str]:
    with database.get_db() as session:
        return list(session.execute(query).scalars())
