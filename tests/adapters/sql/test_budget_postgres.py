"""Reservations on PostgreSQL beside other transactions: each counts what the others have committed, and none fails."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from psycopg import AsyncConnection

from adapters.sql.budgets import SqlBudgets
from adapters.sql.database import Database
from ports.budgets import Balance, Claim, Granted, Unit
from tests.doubles.databases import empty_postgres_url
from tests.doubles.postgres import postgres_url, server_errors

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ENDS = NOW + timedelta(days=1)
ANN = Claim("ann", Unit.USD, 30, ENDS, limit=100)
BOB, CAT, ALL = (Claim(name, Unit.TOKENS, 5, ENDS, limit=1_000) for name in ("bob", "cat", "all"))
TURN = "INSERT INTO openrouter_pipe_reservation VALUES ('ns', 'turn', 'pending', '[]', 'us', 0)"


class CountedDatabase(Database):
    """Counts the statements that are sent in one go."""

    sent = 0

    async def write_at_once(self, sql: str, *values: str | list[str]) -> list[object]:
        self.sent += 1
        return await super().write_at_once(sql, *values)


@pytest.fixture
async def database() -> AsyncIterator[CountedDatabase]:
    database = CountedDatabase(empty_postgres_url())
    yield database
    await database.aclose()


@pytest.fixture
async def budgets(database: Database) -> SqlBudgets:
    return SqlBudgets(database)


@pytest.fixture
async def other(database: Database) -> AsyncIterator[AsyncConnection]:
    """Provide a connection for a transaction of another worker."""
    async with await AsyncConnection.connect(postgres_url()) as connection:
        yield connection
        await connection.rollback()


async def reserved(budgets: SqlBudgets, *claims: Claim, turn: str = "turn") -> Granted:
    return await budgets.reserve("ns", turn, claims, "us", NOW + timedelta(minutes=2))


async def opened(budgets: SqlBudgets, *claims: Claim) -> None:
    """Let accounts exist, with nothing spent or held."""
    await reserved(budgets, *claims, turn="earlier")
    await budgets.void("ns", "earlier")


async def waiting(budgets: SqlBudgets, *claims: Claim) -> "asyncio.Task[Granted]":
    """Begin a reservation; return when it waits for a lock."""
    task = asyncio.create_task(reserved(budgets, *claims))
    async with await AsyncConnection.connect(postgres_url(), autocommit=True) as watcher:
        while not task.done():
            found = await watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if await found.fetchone() == (1,):
                return task
    raise AssertionError("it waited for nothing")


async def change(other: AsyncConnection, values: str, names: Iterable[str] = ("ann",)) -> None:
    await other.execute(
        f"UPDATE openrouter_pipe_budget_account SET {values} WHERE account = ANY(%s)",
        (list(names),),
    )


async def test_refusals_leave_no_error_in_the_servers_log_and_keep_their_connection(budgets, database):
    await reserved(budgets, ANN, ALL, turn="first")
    before, pids = server_errors(), set()
    for number in range(20):
        granted = await reserved(budgets, ALL, replace(ANN, amount=71), turn=f"refused-{number}")
        assert granted == Granted(held=False, balances=(Balance("all", 0, 5), Balance("ann", 0, 30)))
        pids |= {pid for (pid,) in await database.write_at_once("SELECT pg_backend_pid()")}
    assert server_errors() == before
    assert len(pids) == 1


async def test_a_reservation_is_one_statement_where_its_accounts_were_seen_before(budgets, database):
    await reserved(budgets, ANN, ALL, turn="first")
    assert database.sent == 2
    await reserved(budgets, ALL, ANN, turn="second")
    assert database.sent == 3
    await reserved(budgets, ANN, BOB, turn="third")
    assert database.sent == 5


@pytest.mark.parametrize(
    ("values", "held", "balance"),
    [
        ("reserved = 60", True, Balance("ann", 0, 90)),
        ("spent = 70", True, Balance("ann", 70, 30)),
        ("reserved = 71", False, Balance("ann", 0, 71)),
        ("spent = 100", False, Balance("ann", 100, 0)),
    ],
)
@pytest.mark.parametrize("claims", [(ANN,), (ANN, BOB), (ALL, ANN), (CAT, ANN, ALL)], ids=len)
async def test_what_another_worker_commits_meanwhile_counts(budgets, other, values, held, balance, claims):
    await opened(budgets, *claims)
    await change(other, values)
    task = await waiting(budgets, *claims)
    await other.commit()
    granted = await task
    assert granted.held is held
    assert balance in granted.balances
    assert await budgets.read("ns", [claim.account for claim in claims]) == granted.balances
    assert sum(one.reserved for one in granted.balances) == balance.reserved + 5 * held * (len(claims) - 1)


async def test_room_that_another_worker_makes_meanwhile_counts(budgets, other):
    await opened(budgets, ANN, BOB)
    await change(other, "spent = 100")
    await other.commit()
    await change(other, "spent = 0")
    task = await waiting(budgets, ANN, BOB)
    await other.commit()
    assert await task == Granted(held=True, balances=(Balance("ann", 0, 30), Balance("bob", 0, 5)))


async def test_each_account_counts_as_it_is_when_its_lock_is_taken(budgets, other):
    """The second one changes twice, once before the first lock is taken and once while it is waited for."""
    await opened(budgets, ANN, BOB)
    await change(other, "reserved = 40")
    task = await waiting(budgets, ANN, BOB)
    await change(other, "spent = 996", ["bob"])
    await other.commit()
    assert await task == Granted(held=False, balances=(Balance("ann", 0, 40), Balance("bob", 996, 0)))


async def test_accounts_that_are_removed_meanwhile_are_opened_again(budgets, other):
    await opened(budgets, ANN, BOB)
    await other.execute("DELETE FROM openrouter_pipe_budget_account")
    task = await waiting(budgets, ANN, BOB)
    await other.commit()
    assert await task == Granted(held=True, balances=(Balance("ann", 0, 30), Balance("bob", 0, 5)))


async def test_accounts_that_another_worker_opens_meanwhile_count_with_what_it_put_there(budgets, other):
    await other.execute("INSERT INTO openrouter_pipe_budget_account VALUES ('ns', 'ann', 'usd', 3, 80, 0)")
    task = await waiting(budgets, ALL, ANN)
    await other.commit()
    assert await task == Granted(held=False, balances=(Balance("all"), Balance("ann", 3, 80)))


async def test_a_turn_that_another_worker_reserves_meanwhile_changes_nothing(budgets, other):
    await opened(budgets, ANN)
    await other.execute(TURN)
    task = await waiting(budgets, ANN)
    await other.commit()
    assert await task == Granted(held=True, balances=(Balance("ann"),))
    assert await budgets.read("ns", ["ann"]) == (Balance("ann"),)


async def test_a_turn_whose_other_reservation_was_undone_is_reserved(budgets, other):
    await opened(budgets, ANN)
    await other.execute(TURN)
    task = await waiting(budgets, ANN)
    await other.rollback()
    assert await task == Granted(held=True, balances=(Balance("ann", 0, 30),))


async def test_accounts_are_locked_in_the_order_of_their_names(budgets, other):
    await opened(budgets, CAT, ALL, BOB)
    await change(other, "reserved = 0", ["bob"])
    task = await waiting(budgets, CAT, ALL, BOB)
    free = "SELECT account FROM openrouter_pipe_budget_account FOR UPDATE SKIP LOCKED"
    async with await AsyncConnection.connect(postgres_url()) as watcher:
        assert await (await watcher.execute(free)).fetchall() == [("cat",)]
        await watcher.rollback()
    await other.commit()
    assert (await task).held


async def test_a_reservation_without_claims_is_stored(budgets):
    assert await reserved(budgets) == Granted(held=True)
    assert [orphan.turn_id for orphan in await budgets.expire("ns", NOW + timedelta(minutes=3), 9)] == ["turn"]


async def test_workers_that_reserve_post_and_expire_the_same_accounts_never_fail(budgets):
    """Also while windows begin: nothing is reserved beyond a limit, and nothing is left in the end."""
    before, chance, room, posted = server_errors(), Random(59), 7, list[int]()
    workers = [Database(postgres_url()) for _ in range(3)]

    async def turn(number: int) -> None:
        ours = SqlBudgets(workers[number % 3])
        names = chance.sample([f"{number // 40}-{one}" for one in range(5)], k=3)
        claims = [Claim(name, Unit.REQUESTS, 1, ENDS, limit=room) for name in names]
        granted = await reserved(ours, *claims, turn=f"turn-{number}")
        assert all(balance.taken <= room for balance in granted.balances)
        if number % 3 == 0 and granted.held:
            posted.append(number)
            await ours.post("ns", f"turn-{number}", claims)
        elif number % 3 == 1:
            await ours.void("ns", f"turn-{number}")
        if number % 10 == 0:
            await ours.expire("ns", NOW + timedelta(minutes=3), 9)

    try:
        await turn(0)  # the first of all: whichever worker connects late, one turn has posted
        await asyncio.gather(*(turn(number) for number in range(1, 120)))
    finally:
        for worker in workers:
            await worker.aclose()
    for orphan in await budgets.expire("ns", NOW + timedelta(minutes=3), 200):
        await budgets.void("ns", orphan.turn_id)
    balances = await budgets.read("ns", [f"{block}-{one}" for block in range(3) for one in range(5)])
    assert {balance.reserved for balance in balances} == {0}
    assert sum(balance.spent for balance in balances) == 3 * len(posted) > 0
    assert server_errors() == before
