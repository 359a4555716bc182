"""The contract of every Budgets."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from adapters.memory.budgets import MemoryBudgets
from adapters.sql.budgets import SqlBudgets
from adapters.sql.database import Database
from ports.budgets import Balance, Budgets, BudgetsUnavailable, Change, Claim, Granted, Orphan, Unit

ADAPTERS: tuple[type[Budgets], ...] = (MemoryBudgets, SqlBudgets)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ENDS = NOW + timedelta(days=1)
ANN = Claim("ann", Unit.USD, 30, ENDS, limit=100)
ALL = Claim("all", Unit.TOKENS, 5, ENDS, limit=1_000)


@pytest.fixture
def budgets(database) -> Budgets:
    return MemoryBudgets() if database is None else SqlBudgets(database)


async def reserved(budgets: Budgets, turn: str, *claims: Claim, holder: str = "us") -> Granted:
    return await budgets.reserve("ns", turn, claims, holder, NOW + MINUTE)


async def balance(budgets: Budgets, account: str = "ann") -> tuple[int, int]:
    (found,) = await budgets.read("ns", [account])
    return found.spent, found.reserved


async def test_a_reservation_holds_what_it_claims_of_every_account(budgets):
    granted = await reserved(budgets, "turn", ANN, ALL)
    assert granted == Granted(held=True, balances=(Balance("ann", 0, 30), Balance("all", 0, 5)))
    assert (await balance(budgets), await balance(budgets, "all")) == ((0, 30), (0, 5))


async def test_an_account_without_room_refuses_and_nothing_is_held_of_the_others(budgets):
    await reserved(budgets, "first", replace(ANN, amount=80))
    refused = await reserved(budgets, "second", ALL, ANN)
    assert refused == Granted(held=False, balances=(Balance("all"), Balance("ann", 0, 80)))
    assert await balance(budgets, "all") == (0, 0)


async def test_the_last_unit_of_a_budget_may_be_reserved_and_then_nothing_more(budgets):
    assert (await reserved(budgets, "first", replace(ANN, amount=100))).held
    assert not (await reserved(budgets, "second", replace(ANN, amount=0))).held


async def test_more_than_the_whole_budget_is_refused_at_once(budgets):
    assert not (await reserved(budgets, "turn", replace(ANN, amount=101))).held
    assert not (await reserved(budgets, "turn", replace(ANN, amount=0, limit=0))).held
    assert await balance(budgets) == (0, 0)


async def test_an_account_without_a_limit_only_counts(budgets):
    assert (await reserved(budgets, "turn", replace(ANN, amount=10**15, limit=None))).held
    assert await balance(budgets) == (0, 10**15)


async def test_a_turn_that_reserves_twice_holds_its_first_reservation(budgets):
    await reserved(budgets, "turn", ANN)
    assert (await reserved(budgets, "turn", replace(ANN, amount=50))).held
    assert await balance(budgets) == (0, 30)


async def test_a_posting_replaces_the_reservation_by_the_real_amount_whatever_the_limit(budgets):
    await reserved(budgets, "turn", ANN, ALL)
    changes = await budgets.post("ns", "turn", [replace(ANN, amount=250)])
    assert changes == (Change("ann", 0, 250),)
    assert (await balance(budgets), await balance(budgets, "all")) == ((250, 0), (0, 0))


async def test_only_the_first_posting_counts(budgets):
    await reserved(budgets, "turn", ANN)
    await budgets.post("ns", "turn", [replace(ANN, amount=7)])
    assert await budgets.post("ns", "turn", [replace(ANN, amount=9)]) == ()
    await budgets.void("ns", "turn")
    assert await balance(budgets) == (7, 0)


async def test_a_turn_without_a_reservation_is_counted_once_too(budgets):
    assert await budgets.post("ns", "turn", [replace(ANN, amount=7)]) == (Change("ann", 0, 7),)
    assert await budgets.post("ns", "turn", [replace(ANN, amount=7)]) == ()
    assert await balance(budgets) == (7, 0)


async def test_a_voided_reservation_releases_everything_and_is_not_posted_later(budgets):
    await reserved(budgets, "turn", ANN, ALL)
    await budgets.void("ns", "turn")
    assert await budgets.post("ns", "turn", [ANN]) == ()
    assert (await balance(budgets), await balance(budgets, "all")) == ((0, 0), (0, 0))


async def test_voiding_what_was_never_reserved_changes_nothing(budgets):
    await budgets.void("ns", "turn")
    assert (await reserved(budgets, "turn", ANN)).held


async def test_an_overdue_reservation_expires_and_counts_as_spent(budgets):
    await reserved(budgets, "turn", ANN)
    assert await budgets.expire("ns", NOW, 10) == ()
    orphans = await budgets.expire("ns", NOW + MINUTE, 10)
    assert orphans == (Orphan("turn", (replace(ANN, limit=None),)),)
    assert await balance(budgets) == (30, 0)


async def test_an_expired_reservation_is_reported_until_it_is_settled(budgets):
    await reserved(budgets, "turn", ANN)
    for _ in range(2):
        assert len(await budgets.expire("ns", NOW + MINUTE, 10)) == 1
    assert await balance(budgets) == (30, 0)
    assert await budgets.post("ns", "turn", [replace(ANN, amount=12)]) == (Change("ann", 30, 12),)
    assert await budgets.expire("ns", NOW + MINUTE, 10) == ()
    assert await balance(budgets) == (12, 0)


async def test_an_expired_reservation_that_spent_nothing_is_given_back(budgets):
    await reserved(budgets, "turn", ANN, ALL)
    await budgets.expire("ns", NOW + MINUTE, 10)
    await budgets.void("ns", "turn")
    assert (await balance(budgets), await balance(budgets, "all")) == ((0, 0), (0, 0))


async def test_the_reservations_of_a_living_process_last_longer_and_only_those(budgets):
    await reserved(budgets, "ours", ANN, holder="us")
    await reserved(budgets, "theirs", ANN, holder="them")
    assert await budgets.extend("ns", "us", NOW + 5 * MINUTE) == 1
    assert [orphan.turn_id for orphan in await budgets.expire("ns", NOW + 2 * MINUTE, 10)] == ["theirs"]


async def test_a_process_without_reservations_has_none_to_extend(budgets):
    await reserved(budgets, "turn", ANN)
    await budgets.post("ns", "turn", [ANN])
    assert await budgets.extend("ns", "us", NOW + MINUTE) == 0


async def test_of_many_overdue_reservations_some_expire_at_a_time(budgets):
    for number in range(5):
        await reserved(budgets, f"turn-{number}", replace(ANN, amount=1))
    await budgets.expire("ns", NOW + MINUTE, 2)
    assert await balance(budgets) == (2, 3)


async def test_settled_reservations_are_forgotten_after_a_day_and_accounts_long_after_their_window(budgets):
    await reserved(budgets, "turn", ANN)
    await budgets.post("ns", "turn", [ANN])
    await budgets.expire("ns", NOW + timedelta(hours=23), 10)
    assert await budgets.post("ns", "turn", [ANN]) == ()
    await budgets.expire("ns", ENDS + timedelta(days=69), 10)
    assert await balance(budgets) == (30, 0)
    await budgets.expire("ns", ENDS + timedelta(days=71), 10)
    assert await balance(budgets) == (0, 0)


async def test_namespaces_share_nothing(budgets):
    await reserved(budgets, "turn", ANN)
    assert await budgets.read("other", ["ann"]) == (Balance("ann"),)
    await budgets.void("other", "turn")
    assert await budgets.expire("other", NOW + MINUTE, 10) == ()
    assert await balance(budgets) == (0, 30)


async def test_odd_texts_are_kept_apart(budgets):
    odd = "tu\x00rn\ud800\\"
    await reserved(budgets, odd, ANN)
    orphans = await budgets.expire("ns", NOW + MINUTE, 10)
    assert [orphan.turn_id for orphan in orphans] == [odd]


async def test_64_turns_at_once_get_the_room_for_10(budgets):
    claims = (replace(ANN, amount=10), replace(ALL, amount=1))
    answers = await asyncio.gather(*(reserved(budgets, f"turn-{number}", *claims) for number in range(64)))
    assert sum(answer.held for answer in answers) == 10
    assert (await balance(budgets), await balance(budgets, "all")) == ((0, 100), (0, 10))


async def test_whatever_order_things_happen_in_the_counters_agree_with_the_reservations(budgets):
    """Random histories; afterwards nothing is reserved, and what is spent is what the first settlements said."""
    for seed in range(3):
        chance, settled, names = Random(seed), dict[str, int](), [f"turn-{seed}-{number}" for number in range(20)]
        held = {name for name in names if (await reserved(budgets, name, replace(ANN, limit=None))).held}
        before = (await balance(budgets))[0]
        for _ in range(60):
            name, what = chance.choice(names), chance.randrange(3)
            if what == 0:
                await budgets.post("ns", name, [replace(ANN, amount=(spent := chance.randrange(9)))])
                settled.setdefault(name, spent)
            elif what == 1:
                await budgets.void("ns", name)
                settled.setdefault(name, 0)
            else:
                await budgets.expire("ns", NOW + MINUTE * chance.randrange(2), 3)
        for orphan in await budgets.expire("ns", NOW + MINUTE, 100):
            await budgets.void("ns", orphan.turn_id)
            settled.setdefault(orphan.turn_id, 0)
        assert set(settled) == held
        assert await balance(budgets) == (before + sum(settled.values()), 0)


async def test_a_database_that_cannot_be_written_is_reported_by_its_reason(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'missing.db'}")
    with pytest.raises(BudgetsUnavailable, match="missing"):
        await reserved(SqlBudgets(database), "turn", ANN)
    with pytest.raises(BudgetsUnavailable, match="missing"):
        await SqlBudgets(database).read("ns", ["ann"])
    await database.aclose()
