"""The contract of every UsageLedger."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from functools import reduce
from itertools import permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.ledger import MemoryLedger
from adapters.sql.database import Database
from adapters.sql.ledger import SqlLedger
from ports.ledger import (
    FOLLOWERS,
    OWN_KEY,
    CostSource,
    Entry,
    EntryState,
    LedgerUnavailable,
    ModelSum,
    Spend,
    UsageLedger,
)
from ports.usage import Paid
from tests.contracts.ledger_cases import DAY, ENDED, GUESSED, HOUR, MOMENT, STARTED, VOID
from tests.doubles.databases import database_in

LEDGERS: tuple[type[UsageLedger], ...] = (MemoryLedger, SqlLedger)
EXACT = Context(prec=100)


@pytest.fixture
def ledger(database) -> UsageLedger:
    return MemoryLedger() if database is None else SqlLedger(database)


async def stored(ledger: UsageLedger, turn_id: str = "turn") -> tuple[Entry, ...]:
    return await ledger.of_turn("ns", turn_id)


async def test_an_entry_comes_back_as_it_was_written(ledger):
    await ledger.write([ENDED])
    assert await stored(ledger) == (ENDED,)


async def test_an_entry_written_twice_is_one(ledger):
    await ledger.write([STARTED])
    await ledger.write([STARTED])
    assert await stored(ledger) == (STARTED,)


async def test_attempts_of_a_turn_come_in_their_order_and_those_of_other_turns_do_not(ledger):
    second, other = replace(STARTED, attempt_no=2), replace(STARTED, call_no=2)
    await ledger.write([other, second, STARTED, replace(STARTED, turn_id="b"), replace(STARTED, namespace="other")])
    assert await stored(ledger) == (STARTED, second, other)


@pytest.mark.parametrize("end", [ENDED, GUESSED, VOID])
async def test_a_started_entry_ends(ledger, end):
    await ledger.write([STARTED])
    await ledger.write([end])
    assert await stored(ledger) == (end,)


@pytest.mark.parametrize("end", [ENDED, GUESSED, VOID])
async def test_an_ended_entry_does_not_start_again(ledger, end):
    await ledger.write([end])
    await ledger.write([replace(STARTED, generation_id="gen-2")])
    assert await stored(ledger) == (end,)


async def test_an_estimate_gives_way_to_upstreams_figure_and_never_the_reverse(ledger):
    await ledger.write([GUESSED])
    await ledger.write([ENDED])
    await ledger.write([GUESSED])
    assert await stored(ledger) == (ENDED,)


async def test_a_settled_figure_is_never_replaced(ledger):
    await ledger.write([ENDED])
    await ledger.write([replace(ENDED, cost=Decimal(9))])
    assert await stored(ledger) == (ENDED,)


async def test_the_generation_id_is_kept_once_it_is_known(ledger):
    named = replace(STARTED, generation_id="gen-1")
    await ledger.write([STARTED])
    await ledger.write([named])
    await ledger.write([STARTED])
    assert await stored(ledger) == (named,)
    await ledger.write([GUESSED])
    assert await stored(ledger) == (replace(GUESSED, generation_id="gen-1"),)


async def test_the_start_of_an_entry_stays_what_was_written_first(ledger):
    await ledger.write([STARTED])
    await ledger.write([replace(ENDED, started_at=DAY + HOUR)])
    assert (await stored(ledger))[0].started_at == DAY


async def test_the_order_of_writes_does_not_matter(ledger):
    writes = (STARTED, replace(STARTED, generation_id="gen-1"), ENDED)
    for number, order in enumerate(permutations(writes)):
        for entry in order:
            await ledger.write([replace(entry, turn_id=str(number))])
        assert await stored(ledger, str(number)) == (replace(ENDED, turn_id=str(number)),)


async def test_writers_at_once_leave_one_entry_of_each_key(ledger):
    batches = [[replace(one, attempt_no=no) for no in (1, 2, 3)] for one in (STARTED, ENDED, GUESSED) * 5]
    await asyncio.gather(*(ledger.write(batch[:: 1 - 2 * (at % 2)]) for at, batch in enumerate(batches)))
    assert await stored(ledger) == tuple(replace(ENDED, attempt_no=no) for no in (1, 2, 3))


async def test_nothing_to_write_is_no_error(ledger):
    await ledger.write([])


async def test_odd_texts_come_back(ledger):
    odd = replace(ENDED, turn_id="t\x00\\", provider="\ud800", user_id="O'B")
    await ledger.write([odd])
    assert await stored(ledger, "t\x00\\") == (odd,)


async def test_unfinished_entries_come_oldest_first(ledger):
    late, early = replace(STARTED, turn_id="late"), replace(STARTED, turn_id="early", started_at=DAY - HOUR)
    await ledger.write([late, early, replace(ENDED, turn_id="c"), replace(GUESSED, turn_id="d")])
    await ledger.write([replace(STARTED, turn_id="e", namespace="other")])
    assert await ledger.unfinished("ns", DAY + HOUR, 10) == (early, late)
    assert await ledger.unfinished("ns", DAY, 10) == (early,)
    assert await ledger.unfinished("ns", DAY + HOUR, 1) == (early,)


async def test_spend_is_added_up_by_person_model_and_day(ledger):
    day, next_day = date(2026, 11, 30), date(2026, 12, 1)
    sent = [
        ENDED,
        replace(ENDED, attempt_no=2, cost=Decimal("0.000000000000000000000000000001")),
        replace(GUESSED, turn_id="g", answering_model="a/b-2026"),
        replace(STARTED, turn_id="s"),
        replace(VOID, turn_id="v"),
        replace(ENDED, turn_id="n", started_at=datetime(2026, 12, 1, tzinfo=UTC), upstream_cost=None),
        replace(ENDED, turn_id="o", user_id="bob"),
        replace(ENDED, turn_id="f", namespace="other"),
    ]
    await ledger.write(sent)
    assert await ledger.spend("ns", DAY - HOUR, DAY + 24 * HOUR) == (
        Spend("ann", "a/b", day, 1, 1, 0, Decimal(0), Decimal(0)),
        Spend("ann", "a/b-2026", day, 3, 1, 18904, Decimal("0.125706000000000000000000000001"), Decimal("2.2")),
        Spend("ann", "a/b-2026", next_day, 1, 0, 9452, Decimal("0.025706"), Decimal(0)),
        Spend("bob", "a/b-2026", day, 1, 0, 9452, Decimal("0.025706"), Decimal("1.1")),
    )


async def test_what_people_pay_themselves_is_added_up_apart(ledger):
    own = replace(ENDED, key_id=f"{OWN_KEY}0123456789ab")
    await ledger.write(
        [own, replace(own, turn_id="2"), replace(ENDED, turn_id="3"), replace(ENDED, turn_id="4", key_id="")]
    )
    assert [(one.own_key, one.entries, one.cost) for one in await ledger.spend("ns", DAY, DAY + HOUR)] == [
        (False, 2, Decimal("0.051412")),
        (True, 2, Decimal("0.051412")),
    ]
    assert [entry.own_key for entry in await stored(ledger)] == [True]


async def test_spend_covers_from_the_beginning_to_before_the_end(ledger):
    await ledger.write([ENDED])
    assert await ledger.spend("ns", DAY, DAY) == ()
    assert await ledger.spend("ns", DAY + HOUR, DAY + 2 * HOUR) == ()
    assert len(await ledger.spend("ns", DAY, DAY + HOUR)) == 1


async def test_money_is_added_up_exactly(ledger):
    rng = Random(7)
    atoms = [rng.randrange(10 ** rng.randint(1, 41)) for _ in range(200)]  # of 1E-30 USD
    amounts = [EXACT.scaleb(Decimal(one), -30) for one in atoms] + [Decimal("2E+3"), Decimal(7)]
    await ledger.write([replace(ENDED, attempt_no=at, cost=amount) for at, amount in enumerate(amounts)])
    assert [entry.cost for entry in await stored(ledger)] == amounts
    [spent] = await ledger.spend("ns", DAY, DAY + HOUR)
    assert EXACT.scaleb(spent.cost, 30) == sum(atoms) + 2007 * 10**30


async def test_what_one_key_paid_is_added_up_by_model(ledger):
    key, free = ENDED.key_id, replace(ENDED, turn_id="free", cost=Decimal(0), cost_source=CostSource.FREE)
    await ledger.write(
        [
            ENDED,
            replace(ENDED, attempt_no=2, user_id="bob", cost=Decimal("0.000000000000000000000000000001")),
            replace(GUESSED, turn_id="g", key_id=key, requested_model="z"),
            replace(STARTED, turn_id="s", key_id=key, cost=None),
            replace(VOID, turn_id="v", key_id=key),
            free,
            replace(ENDED, turn_id="k", key_id="another"),
            replace(ENDED, turn_id="n", namespace="other"),
            replace(ENDED, turn_id="late", started_at=DAY + HOUR),
        ]
    )
    assert await ledger.by_model("ns", key, DAY, DAY + HOUR) == (
        ModelSum("a/b", 1, 1, Decimal(0)),
        ModelSum("a/b-2026", 2, 0, Decimal("0.025706000000000000000000000001")),
        ModelSum("z", 1, 1, Decimal("0.1")),
    )
    assert await ledger.by_model("ns", "nobody", DAY, DAY + HOUR) == ()


async def test_entries_of_a_state_come_oldest_first(ledger):
    late, early = replace(ENDED, turn_id="late"), replace(ENDED, turn_id="early", started_at=DAY - HOUR)
    await ledger.write([late, early, GUESSED, replace(ENDED, namespace="other")])
    settled = EntryState.SETTLED
    assert await ledger.ended("ns", settled, DAY - HOUR, DAY + HOUR, 10) == (early, late)
    assert await ledger.ended("ns", settled, DAY - HOUR, DAY, 10) == (early,)
    assert await ledger.ended("ns", settled, DAY - HOUR, DAY + HOUR, 1) == (early,)
    assert await ledger.ended("ns", EntryState.ESTIMATED, DAY, DAY + HOUR, 10) == (GUESSED,)


async def test_namespaces_come_in_their_order(ledger):
    assert await ledger.namespaces() == ()
    for name in ("b", "a", "", "b", "a_1"):
        await ledger.write([replace(ENDED, namespace=name)])
    assert await ledger.namespaces() == ("", "a", "a_1", "b")


@pytest.mark.parametrize("days", [1, 5, 400, 20_000])
async def test_spend_has_every_day_whatever_lies_between(ledger, days):
    times = [DAY - days * timedelta(days=1), DAY - HOUR, DAY, DAY.replace(hour=0), DAY - 12 * HOUR - MOMENT]
    await ledger.write([replace(ENDED, attempt_no=number, started_at=time) for number, time in enumerate(times)])
    spent = await ledger.spend("ns", datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
    counted = Counter(time.date() for time in times)
    assert [(one.day, one.entries) for one in spent] == sorted(counted.items())


async def test_spend_joins_what_was_asked_under_several_names_and_answered_under_one(ledger):
    await ledger.write(
        [
            replace(ENDED, requested_model="x"),
            replace(ENDED, attempt_no=2, requested_model="y"),
            replace(ENDED, attempt_no=3, requested_model="a/b-2026", answering_model=""),
        ]
    )
    [spent] = await ledger.spend("ns", DAY, DAY + HOUR)
    assert (spent.model, spent.entries, spent.cost) == ("a/b-2026", 3, Decimal("0.077118"))


@given(
    st.lists(
        st.one_of(
            st.decimals(min_value=0, max_value=2, places=12),
            st.decimals(min_value=0, max_value=2, places=13),
            st.decimals(min_value=0, max_value=10**6, places=30),
            st.sampled_from([Decimal(text) for text in ("0", "1", "0.999999999999", "0.0000000000001", "10", "1E-12")]),
        ),
        max_size=30,
    )
)
@settings(max_examples=25, deadline=None)
def test_sums_of_all_kinds_of_amounts_are_exact_on_sqlite(amounts):
    async def spent() -> tuple[Spend, ...]:
        with TemporaryDirectory() as folder:
            database = database_in("sqlite", Path(folder))
            ledger = SqlLedger(database)
            await ledger.write([replace(ENDED, attempt_no=no, cost=amount) for no, amount in enumerate(amounts)])
            try:
                return await ledger.spend("ns", DAY, DAY + HOUR)
            finally:
                await database.aclose()

    exact = reduce(EXACT.add, amounts, Decimal(0))
    assert reduce(EXACT.add, (one.cost for one in asyncio.run(spent())), Decimal(0)) == exact


async def test_old_entries_are_deleted_in_batches(ledger):
    await ledger.write([replace(ENDED, attempt_no=no, started_at=DAY - HOUR) for no in (1, 2, 3)])
    await ledger.write([replace(STARTED, turn_id="new"), replace(VOID, turn_id="old", started_at=DAY - HOUR)])
    assert [await ledger.delete_before("ns", DAY, 3) for _ in range(3)] == [3, 1, 0]
    assert await ledger.delete_before("other", DAY + HOUR, 3) == 0
    assert len(await stored(ledger, "new")) == 1


async def test_a_person_is_anonymised_and_their_money_stays(ledger):
    await ledger.write([replace(ENDED, attempt_no=no) for no in (1, 2, 3)])
    await ledger.write([replace(ENDED, turn_id="b", user_id="bob")])
    assert [await ledger.anonymise("ns", "ann", 2) for _ in range(3)] == [2, 1, 0]
    for entry in await stored(ledger):
        assert (entry.user_id, entry.chat_id, entry.message_id, entry.cost) == ("", "", "", ENDED.cost)
    assert (await stored(ledger, "b"))[0].user_id == "bob"


async def test_nobody_is_no_person(ledger):
    await ledger.write([replace(ENDED, user_id="")])
    assert await ledger.anonymise("ns", "", 10) == 0
    assert (await stored(ledger))[0].chat_id == "chat"


async def test_a_database_that_is_missing_is_an_error_without_data(tmp_path):
    ledger = SqlLedger(Database(f"sqlite:///{tmp_path / 'none' / 'store.db'}"))
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.write([STARTED])
    assert caught.value.reason == "missing"


def test_no_state_is_followed_by_one_that_says_less():
    assert EntryState.STARTED not in FOLLOWERS[EntryState.SETTLED] | FOLLOWERS[EntryState.ESTIMATED]
    assert not FOLLOWERS[EntryState.SETTLED] | FOLLOWERS[EntryState.VOID]


async def test_memory_drops_its_oldest_entries():
    ledger = MemoryLedger(most=2)
    await ledger.write([replace(STARTED, attempt_no=no) for no in (1, 2, 3)])
    assert [entry.attempt_no for entry in await stored(ledger)] == [2, 3]


# --- what one person has paid --------------------------------------------------------------------------------

CENT = Decimal("0.01")
TASK = replace(ENDED, turn_id="task", kind="title_generation", cost=CENT, upstream_cost=None)


async def test_a_chat_is_added_up_over_its_turns_and_tasks(ledger):
    await ledger.write([ENDED, replace(ENDED, turn_id="b"), TASK, replace(VOID, turn_id="v")])
    await ledger.write([replace(ENDED, turn_id="c", chat_id="other"), replace(ENDED, turn_id="d", chat_id="")])
    assert await ledger.paid("ns", "ann", chat_id="chat") == Paid(Decimal("0.061412"), Decimal("2.2"))


async def test_a_month_is_added_up_over_all_chats_from_its_first_moment(ledger):
    early, other = replace(ENDED, started_at=DAY - timedelta(microseconds=1)), replace(TASK, chat_id="other")
    temporary = replace(TASK, turn_id="temporary", chat_id="", message_id="")
    await ledger.write([early, other, temporary, replace(TASK, turn_id="later", started_at=DAY + HOUR)])
    assert await ledger.paid("ns", "ann", since=DAY) == Paid(3 * CENT)
    assert await ledger.paid("ns", "ann", chat_id="chat", since=DAY) == Paid(CENT)
    assert await ledger.paid("ns", "ann") == Paid(Decimal("0.055706"), Decimal("1.1"))


async def test_nobody_is_told_what_others_paid(ledger):
    theirs = [replace(ENDED, turn_id="b", user_id="bob"), replace(ENDED, turn_id="c", namespace="other")]
    await ledger.write([TASK, replace(ENDED, turn_id="n", user_id=""), *theirs])
    assert await ledger.paid("ns", "ann", chat_id="chat") == Paid(CENT)
    assert await ledger.paid("ns", "ann", since=DAY) == Paid(CENT)
    assert await ledger.paid("ns", "eve", chat_id="chat", since=DAY) == Paid()
    assert await ledger.paid("ns", "", chat_id="chat") == Paid()


async def test_a_turn_can_be_left_out_of_the_sum(ledger):
    await ledger.write([ENDED, replace(STARTED, attempt_no=2, cost=CENT), TASK])
    assert await ledger.paid("ns", "ann", chat_id="chat", but_turn="turn") == Paid(CENT)


async def test_what_is_estimated_or_unknown_is_told_apart(ledger):
    running = replace(STARTED, turn_id="r", cost=CENT, cost_source=CostSource.CATALOG)
    guessed = replace(GUESSED, turn_id="g", upstream_cost=CENT, cost_source=CostSource.CATALOG)
    await ledger.write([TASK, running, guessed, replace(STARTED, turn_id="u")])
    paid = await ledger.paid("ns", "ann", chat_id="chat")
    assert paid == Paid(Decimal("0.12"), CENT, estimated=Decimal("0.12"), unknown=1)


async def test_what_a_person_paid_is_added_up_exactly(ledger):
    tiny = Decimal("0.000000000000000000000000000001")
    amounts = [Decimal("1234567.1"), tiny, Decimal("2E+3"), Decimal("0.999999999999999999999999999999")]
    await ledger.write([replace(TASK, attempt_no=at, cost=amount) for at, amount in enumerate(amounts)])
    assert (await ledger.paid("ns", "ann", chat_id="chat")).cost == Decimal("1236568.1")
    assert (await ledger.paid("ns", "ann", since=DAY)).total == Decimal("1236568.1")


async def test_people_and_chats_with_odd_ids_have_their_sums(ledger):
    await ledger.write([replace(TASK, user_id="O'B\x00", chat_id="\ud800\\", turn_id="t\x00")])
    assert await ledger.paid("ns", "O'B\x00", chat_id="\ud800\\") == Paid(CENT)
    assert await ledger.paid("ns", "O'B\x00", but_turn="t\x00") == Paid()
