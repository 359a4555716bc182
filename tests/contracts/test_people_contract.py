"""The contract of every People, with the host's functions before and after their change to coroutines."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from adapters.openwebui.host_functions import DATABASE
from adapters.openwebui.people import GROUPS, USERS, OpenWebUiPeople
from ports.people import People, PeopleUnavailable, Profile
from tests.doubles.people import MemoryPeople

PEOPLE: tuple[type[People], ...] = (MemoryPeople, OpenWebUiPeople)
PROFILES = {"ann-id": Profile("ann@example.org", frozenset({"Sales", "Staff"})), "bob-id": Profile("bob@example.org")}


class Base(DeclarativeBase):
    """Base class of the stand-in's tables."""


class User(Base):
    """The columns of the host's table of people that the pipe reads."""

    __tablename__ = "user"
    id = Column(String, primary_key=True)
    email = Column(String)


class Group(Base):
    """The columns of the host's table of groups that the pipe reads."""

    __tablename__ = "group"
    id = Column(String, primary_key=True)
    name = Column(String)


class AsyncSession:
    """A session whose queries are awaited."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def execute(self, query: Any) -> Any:
        return self._session.execute(query)


def host_modules(*, coroutines: bool) -> dict[str, ModuleType]:
    """Return the host's modules with two people, one of them in groups."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(User(id=name, email=profile.email) for name, profile in PROFILES.items())
        session.add_all(Group(id=name.lower(), name=name) for name in ("Sales", "Staff"))
        session.commit()

    def user_of(user_id: str) -> User | None:
        with Session(engine) as session:
            return session.scalars(select(User).where(User.id == user_id)).one_or_none()

    def groups_of(user_id: str) -> list[Any]:
        profile = PROFILES.get(user_id, Profile())
        return [SimpleNamespace(id=name.lower(), name=name) for name in profile.groups]

    async def awaited_user(user_id: str) -> User | None:
        return user_of(user_id)

    async def awaited_groups(user_id: str) -> list[Any]:
        return groups_of(user_id)

    @contextmanager
    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @asynccontextmanager
    async def get_async_db_context() -> AsyncIterator[AsyncSession]:
        with Session(engine) as session:
            yield AsyncSession(session)

    users, groups, database = ModuleType(USERS), ModuleType(GROUPS), ModuleType(DATABASE)
    find, list_groups = (awaited_user, awaited_groups) if coroutines else (user_of, groups_of)
    vars(users).update(User=User, Users=SimpleNamespace(get_user_by_id=find))
    vars(groups).update(Group=Group, Groups=SimpleNamespace(get_groups_by_member_id=list_groups))
    vars(database).update({"get_async_db_context": get_async_db_context} if coroutines else {"get_db": get_db})
    return {USERS: users, GROUPS: groups, DATABASE: database}


@pytest.fixture(params=["memory", "old host", "new host"])
def people(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> People:
    if request.param == "memory":
        return MemoryPeople(PROFILES)
    for name, module in host_modules(coroutines=request.param == "new host").items():
        monkeypatch.setitem(sys.modules, name, module)
    return OpenWebUiPeople()


async def test_a_person_has_an_address_and_groups(people: People) -> None:
    assert await people.profile("ann-id") == PROFILES["ann-id"]


async def test_a_person_may_be_in_no_group(people: People) -> None:
    assert await people.profile("bob-id") == PROFILES["bob-id"]


async def test_of_an_unknown_person_nothing_is_known(people: People) -> None:
    assert await people.profile("gone") == Profile()


async def test_names_that_nobody_has_are_found(people: People) -> None:
    users = ["ann-id", "BOB@example.org", "eve@example.org", "eve-id"]
    assert await people.unknown(users, ["Sales", "Board"]) == ("eve@example.org", "eve-id", "Board")
    assert await people.unknown([], []) == ()


@pytest.mark.parametrize("odd", ["\ud800", "eve\udfff@example.org", "\x00"])
async def test_a_name_that_no_database_holds_is_unknown_and_hides_no_other(people: People, odd: str) -> None:
    assert await people.unknown(["ann-id", odd], ["Sales", odd, "Board"]) == (odd, odd, "Board")


async def test_a_host_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, USERS, ModuleType(USERS))
    with pytest.raises(PeopleUnavailable, match="AttributeError"):
        await OpenWebUiPeople().profile("ann-id")
    with pytest.raises(PeopleUnavailable):
        await OpenWebUiPeople().unknown(["ann-id"], [])
