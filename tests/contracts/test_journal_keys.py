"""The journal keeps keyed hashes of arguments, and knows a call under every form: with every ToolRunStore."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from adapters.memory.tool_runs import MemoryToolRuns
from adapters.process.clock import SystemClock
from adapters.sql.tool_runs import SqlToolRuns
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.services.journal_calls import JournalCalls
from domain.services.owned_tasks import OwnedTasks
from domain.services.store_budget import STORE_SECONDS, StoreHealth
from ports.cipher import Cipher
from ports.tool_runs import RunState, ToolRun, ToolRunStore
from tests.contracts.artifact_cases import HERE, ulid
from tests.contracts.tool_run_cases import KEPT, run
from tests.doubles.clock import FakeClock, until
from tests.doubles.telemetry import RecordedTelemetry
from tests.patience import PATIENCE

PLAIN = run(1, 1).arguments_hash
LOOKUP, OLD_WORDS, NEW_WORDS = bytes(range(32)), "an old, long passphrase", "a new, long passphrase"
CLEAR = make_vault(KeyRing(), VaultOptions())
OLD = make_vault(KeyRing(OLD_WORDS), VaultOptions())
BOTH = make_vault(KeyRing(NEW_WORDS, (OLD_WORDS,)), VaultOptions())
LASTING = make_vault(KeyRing(OLD_WORDS, lookup=LOOKUP), VaultOptions())
ROTATED = make_vault(KeyRing(NEW_WORDS, lookup=LOOKUP), VaultOptions())

Journal = Callable[[Cipher], JournalCalls]


@pytest.fixture
def runs(database) -> ToolRunStore:
    return MemoryToolRuns() if database is None else SqlToolRuns(database)


@pytest.fixture
async def journal(runs: ToolRunStore) -> AsyncIterator[Journal]:
    """Return what makes the journal of a process with a cipher."""
    log = RecordedTelemetry()
    tasks = OwnedTasks(log)

    def journal_with(cipher: Cipher) -> JournalCalls:
        async def opened() -> Cipher:
            return cipher

        return JournalCalls(runs, StoreHealth(SystemClock(), log), tasks.own, opened)

    yield journal_with
    await tasks.drained()


async def start(journal: JournalCalls) -> tuple[ToolRun, bool | None]:
    keyed = await journal.keyed(run(1, 1))
    assert keyed is not None
    return keyed, await journal.start(keyed)


async def stored(runs: ToolRunStore) -> list[ToolRun]:
    return list(await runs.unsettled(HERE, "ann", chat_id="chat-1", turn_ids=[ulid(1)], limit=9))


@pytest.mark.parametrize("cipher", [OLD, BOTH, LASTING, ROTATED])
async def test_no_row_holds_a_hash_that_somebody_without_the_key_could_compute(journal, runs, cipher) -> None:
    assert (await start(journal(cipher)))[1] is True
    assert [one.arguments_hash for one in await stored(runs)] == [cipher.lookups(PLAIN)[0]]
    assert cipher.lookups(PLAIN)[0] != PLAIN


@pytest.mark.parametrize(
    ("before", "after"),
    [(CLEAR, OLD), (CLEAR, LASTING), (OLD, OLD), (OLD, BOTH), (OLD, LASTING), (LASTING, ROTATED), (ROTATED, ROTATED)],
)
async def test_a_call_is_new_once_whatever_key_recorded_it_before(journal, runs, before, after) -> None:
    assert (await start(journal(before)))[1] is True
    assert (await start(journal(after)))[1] is False
    assert len(await stored(runs)) == 1


async def test_of_processes_that_start_the_same_call_together_one_runs_it(journal, runs) -> None:
    started = await asyncio.gather(*(start(journal(cipher)) for cipher in (LASTING, ROTATED, LASTING, ROTATED)))
    assert sorted(new is True for _, new in started) == [False, False, False, True]


@pytest.mark.parametrize(("before", "after"), [(CLEAR, LASTING), (OLD, BOTH), (LASTING, ROTATED)])
async def test_an_end_is_recorded_where_the_start_was(journal, runs, before, after, eventually_finished) -> None:
    await start(journal(before))
    keyed, _ = await start(journal(after))
    journal(after).finish(keyed, _sealing)
    await eventually_finished()


async def test_other_calls_of_the_same_turn_are_new(journal) -> None:
    await start(journal(LASTING))
    other = await journal(LASTING).keyed(run(1, 1, arguments_hash="cd" * 32))
    assert other is not None
    assert await journal(LASTING).start(other) is True


async def test_a_call_for_which_no_key_comes_in_time_is_not_recorded(runs) -> None:
    clock = FakeClock()

    async def never() -> Cipher:
        return await asyncio.get_running_loop().create_future()

    journal = JournalCalls(runs, StoreHealth(clock, RecordedTelemetry()), OwnedTasks(RecordedTelemetry()).own, never)
    asking = asyncio.ensure_future(journal.keyed(run(1, 1)))
    await until(lambda: bool(clock.moments))
    clock.advance(STORE_SECONDS + 1)
    assert await asking is None


async def _sealing():
    return KEPT


@pytest.fixture
def eventually_finished(runs: ToolRunStore) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        async with asyncio.timeout(PATIENCE):
            while [one.state for one in await stored(runs)] != [RunState.FINISHED]:
                await asyncio.sleep(0.01)

    return wait
