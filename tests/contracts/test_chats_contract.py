"""Every Chats keeps its promises, with the table of a host on both sides of its change to coroutines."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from adapters.openwebui.chats import CHATS, DATABASE, OpenWebUiChats
from ports.chats import Chats, ChatsUnavailable
from tests.doubles.chats import MemoryChats

CHATS_PORTS: tuple[type[Chats], ...] = (MemoryChats, OpenWebUiChats)
THERE = ("chat-1", "chat-2", "Ünïcode '\"%")
Make = Callable[[], Chats]


class Base(DeclarativeBase):
    """The stand-in's tables."""


class Chat(Base):
    """The host's table, as far as it is read."""

    __tablename__ = "chat"
    id = Column(String, primary_key=True)


class AsyncSession:
    """A session whose queries are awaited."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, query: Any) -> Any:
        return self._session.execute(query)


def host_modules(*, coroutines: bool) -> dict[str, ModuleType]:
    """Return the host's modules with three stored chats."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Chat(id=chat_id) for chat_id in THERE)
        session.commit()

    async def waited(_chat_id: str) -> None:
        """Stand for the coroutine of hosts from 0.9 on."""

    def blocking(_chat_id: str) -> None:
        """Stand for the function of older hosts."""

    @contextmanager
    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @asynccontextmanager
    async def get_async_db_context() -> AsyncIterator[AsyncSession]:
        with Session(engine) as session:
            yield AsyncSession(session)

    chats, database = ModuleType(CHATS), ModuleType(DATABASE)
    vars(chats).update(Chat=Chat, Chats=SimpleNamespace(get_chat_by_id=waited if coroutines else blocking))
    vars(database).update({"get_async_db_context": get_async_db_context} if coroutines else {"get_db": get_db})
    return {CHATS: chats, DATABASE: database}


@pytest.fixture(params=["memory", "old host", "new host"])
def chats(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Chats:
    if request.param == "memory":
        return MemoryChats(*THERE)
    for name, module in host_modules(coroutines=request.param == "new host").items():
        monkeypatch.setitem(sys.modules, name, module)
    return OpenWebUiChats()


async def test_those_that_are_there_are_told(chats: Chats) -> None:
    assert await chats.existing(["chat-2", "gone", THERE[2], "chat-2"]) == {"chat-2", THERE[2]}


async def test_nothing_is_there_of_nothing(chats: Chats) -> None:
    assert await chats.existing([]) == frozenset()


async def test_ids_differ_by_case(chats: Chats) -> None:
    assert await chats.existing(["CHAT-1"]) == frozenset()


async def test_hundred_ids_are_asked_at_once(chats: Chats) -> None:
    assert await chats.existing([*(f"x{n}" for n in range(99)), "chat-1"]) == {"chat-1"}


async def test_nothing_is_concluded_without_a_host() -> None:
    with pytest.raises(ChatsUnavailable):
        await OpenWebUiChats().existing(["chat-1"])


async def test_nothing_is_concluded_from_a_broken_table(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = host_modules(coroutines=False)
    vars(modules[DATABASE])["get_db"] = lambda: select(Chat)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(ChatsUnavailable, match="chats: "):
        await OpenWebUiChats().existing(["chat-1"])
