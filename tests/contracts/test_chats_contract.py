"""The contract of every Chats, with the host's table before and after its change to coroutines."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from adapters.openwebui.chats import CHATS, USERS, OpenWebUiChats
from adapters.openwebui.host_functions import DATABASE
from ports.chats import Chats, ChatsUnavailable
from tests.doubles.chats import MemoryChats

CHATS_PORTS: tuple[type[Chats], ...] = (MemoryChats, OpenWebUiChats)
THERE = ("chat-1", "chat-2", "Ünïcode '\"%")
Make = Callable[[], Chats]


class Base(DeclarativeBase):
    """Base class of the stand-in's tables."""


class Chat(Base):
    """The columns of the host's table that the pipe reads."""

    __tablename__ = "chat"
    id = Column(String, primary_key=True)


class User(Base):
    """The columns of the host's table of people that the pipe reads."""

    __tablename__ = "user"
    id = Column(String, primary_key=True)
    created_at = Column(BigInteger)


class AsyncSession:
    """A session whose queries are awaited."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, query: Any) -> Any:
        return self._session.execute(query)


MESSAGES: dict[str, Any] = {
    "q1": {"id": "q1", "role": "user", "parentId": None},
    "a1": {"role": "assistant", "parentId": "q1", "content": ""},
    "a1b": {"role": "assistant", "parentId": "q1"},
    "q2": {"role": "user", "parentId": "a1"},
    "orphan": {"role": "user", "parentId": "gone"},
    "ring": {"role": "assistant", "parentId": "ring"},
}


def host_modules(*, coroutines: bool, people: tuple[str, ...] = ("admin", "ann")) -> dict[str, ModuleType]:
    """Return the host's modules with three stored chats, one of them with messages."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Chat(id=chat_id) for chat_id in THERE)
        session.add_all(User(id=name, created_at=number) for number, name in enumerate(people))
        session.commit()

    async def waited(_chat_id: str) -> None:
        """Stand in for the coroutine of hosts from 0.9 on."""

    def blocking(_chat_id: str) -> None:
        """Stand in for the function of older hosts."""

    async def awaited_map(chat_id: str) -> dict[str, Any] | None:
        return MESSAGES if chat_id == "chat-1" else None

    def blocking_map(chat_id: str) -> dict[str, Any]:
        return MESSAGES if chat_id == "chat-1" else {}

    @contextmanager
    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @asynccontextmanager
    async def get_async_db_context() -> AsyncIterator[AsyncSession]:
        with Session(engine) as session:
            yield AsyncSession(session)

    chats, users, database = ModuleType(CHATS), ModuleType(USERS), ModuleType(DATABASE)
    vars(users).update(User=User)
    new = {"get_chat_by_id": waited, "get_messages_map_by_chat_id": awaited_map}
    old = {"get_chat_by_id": blocking, "get_messages_by_chat_id": blocking_map}
    vars(chats).update(Chat=Chat, Chats=SimpleNamespace(**(new if coroutines else old)))
    vars(database).update({"get_async_db_context": get_async_db_context} if coroutines else {"get_db": get_db})
    return {CHATS: chats, USERS: users, DATABASE: database}


@pytest.fixture(params=["memory", "old host", "new host"])
def chats(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Chats:
    if request.param == "memory":
        made = MemoryChats(*THERE)
        made.parents = {("chat-1", name): message["parentId"] or "" for name, message in MESSAGES.items()}
        made.asked = {name for name, message in MESSAGES.items() if message["role"] == "user"}
        return made
    for name, module in host_modules(coroutines=request.param == "new host").items():
        monkeypatch.setitem(sys.modules, name, module)
    return OpenWebUiChats()


async def test_existing_chats_are_returned(chats: Chats) -> None:
    assert await chats.existing(["chat-2", "gone", THERE[2], "chat-2"]) == {"chat-2", THERE[2]}


async def test_no_ids_give_no_chats(chats: Chats) -> None:
    assert await chats.existing([]) == frozenset()


async def test_ids_differ_by_case(chats: Chats) -> None:
    assert await chats.existing(["CHAT-1"]) == frozenset()


@pytest.mark.parametrize("odd", ["\ud800", "cut \udfff", "\x00", "chat-1\x00", "\ufffe", "chat-1 ", "x" * 5_000])
async def test_an_id_that_no_database_holds_names_no_chat_and_hides_no_other(chats: Chats, odd: str) -> None:
    assert await chats.existing(["chat-1", odd, "gone"]) == {"chat-1"}
    assert await chats.existing([odd]) == frozenset()


async def test_a_hundred_ids_are_queried_at_once(chats: Chats) -> None:
    assert await chats.existing([*(f"x{n}" for n in range(99)), "chat-1"]) == {"chat-1"}


@pytest.mark.parametrize(
    ("message_id", "line"),
    [
        ("q2", ["q2?", "a1", "q1?"]),
        ("a1b", ["a1b", "q1?"]),
        ("q1", ["q1?"]),
        ("orphan", ["orphan?"]),
        ("ring", ["ring"]),
        ("unknown", []),
    ],
)
async def test_line_goes_from_a_message_to_the_first_of_its_chat(
    chats: Chats, message_id: str, line: list[str]
) -> None:
    found = await chats.line("chat-1", message_id)
    assert [message.id + "?" * message.asked for message in found] == line


async def test_an_absent_chat_has_no_line(chats: Chats) -> None:
    assert await chats.line("gone", "q1") == ()


async def test_a_host_with_people_has_an_identity_that_stays(chats: Chats) -> None:
    first = await chats.identity()
    assert first
    assert await chats.identity() == first


@pytest.mark.parametrize("coroutines", [False, True])
@pytest.mark.parametrize(
    ("people", "same"),
    [(("admin", "ann", "bob"), True), (("other", "admin", "ann"), False), (("admin",), True), (("bob", "zoe"), False)],
)
async def test_identity_follows_the_first_account_alone(
    monkeypatch: pytest.MonkeyPatch, *, coroutines: bool, people: tuple[str, ...], same: bool
) -> None:
    found = []
    for those in (("admin", "ann"), people):
        for name, module in host_modules(coroutines=coroutines, people=those).items():
            monkeypatch.setitem(sys.modules, name, module)
        found.append(await OpenWebUiChats().identity())
    assert (found[0] == found[1]) is same


async def test_a_host_without_people_has_no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in host_modules(coroutines=False, people=()).items():
        monkeypatch.setitem(sys.modules, name, module)
    assert await OpenWebUiChats().identity() == ""


async def test_nothing_is_concluded_without_a_host() -> None:
    with pytest.raises(ChatsUnavailable):
        await OpenWebUiChats().existing(["chat-1"])
    with pytest.raises(ChatsUnavailable):
        await OpenWebUiChats().line("chat-1", "q1")
    with pytest.raises(ChatsUnavailable):
        await OpenWebUiChats().identity()


async def test_nothing_is_concluded_from_a_broken_table(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = host_modules(coroutines=False)
    vars(modules[DATABASE])["get_db"] = lambda: select(Chat)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(ChatsUnavailable, match="chats: "):
        await OpenWebUiChats().existing(["chat-1"])
