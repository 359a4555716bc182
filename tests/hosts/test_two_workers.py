"""Two workers of one host, on one PostgreSQL and one Redis: for people and operators they are one.

Only in the newest version: the workers share what the function stores, and that is the same in every version.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat
from entrypoints.devhost.client import Account, Json
from tests.hosts.conftest import chosen_versions
from tests.hosts.installed import CAST, FUNCTION_ID, fresh
from tests.hosts.test_host_memory import ask, opened_tab, thoughts
from tests.hosts.tooled import install_tools, order, results, sent_calls, with_tools
from tests.hosts.worked import Worker, Workers, two_workers
from tests.patience import eventually

pytestmark = pytest.mark.host
VERSION = "0.12.4"
FAILURES, ROOM = 4, 10
ADVANCED = f"ENABLE_LEDGER=true\nBREAKER_MAX_FAILURES={FAILURES}"
REDIS = {"with Redis": "ENABLE_REDIS_CACHE=true", "with the database alone": "ENABLE_REDIS_CACHE=false"}
SLOW = "openrouter.sim/deltas-200-rate-20"
ECHO = "openrouter.sim/echo"
UNUSED = iter(CAST)
BROKEN = "openrouter.sim/error-504"
PENDING = "SELECT turn_id FROM openrouter_pipe_reservation WHERE state IN ('pending', 'expired')"
PENDING_OF = PENDING + " AND turn_id IN (SELECT turn_id FROM openrouter_pipe_usage_entry WHERE user_id = :user)"
"""Those of one person: what a killed worker left takes its time."""
STARTED = "SELECT turn_id FROM openrouter_pipe_usage_entry WHERE state = 'started'"
AN_HOUR = 3600 * 1_000_000
"""In microseconds, as times are stored."""
SWEPT_SECONDS = 240.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workers" in metafunc.fixturenames:
        versions = [version for version in chosen_versions(metafunc.config) if version == VERSION]
        alone = [f"alone {version}" for version in versions]
        metafunc.parametrize("workers", versions, indirect=True, scope="module", ids=alone)


@pytest.fixture(scope="module")
def workers(request: pytest.FixtureRequest, bundle_source: str) -> Iterator[Workers]:
    with two_workers(request.param, bundle_source, {"ADVANCED": ADVANCED}) as running:
        yield running


@pytest.fixture(scope="module", params=REDIS)
def shared(request: pytest.FixtureRequest, workers: Workers) -> Workers:
    """Return the workers; what they share is in Redis as well, or in the database alone."""
    asyncio.run(_share(workers, request.param))
    return workers


async def _share(workers: Workers, where: str) -> None:
    async with HostAdmin(workers.one.url, workers.one.admin) as admin:
        await admin.change_valves(FUNCTION_ID, {"ADVANCED": f"{ADVANCED}\n{REDIS[where]}"})
    for worker in workers.both:
        assert (await asked(worker, worker.admin, ECHO, "the new settings"))[0] == 200
    if where in next(iter(REDIS)):
        await eventually(lambda: len(workers.lines("redis_connected")) >= len(workers.both))
    else:
        await asyncio.sleep(1)  # what runs is finished with Redis


async def person(workers: Workers) -> Account:
    """Create an account that may use every model."""
    async with HostAdmin(workers.one.url, workers.one.admin) as admin:
        name = uuid4().hex[:10]
        return await admin.add_user(name=name, email=f"{name}@example.com", password="Pass-word-1", role="admin")


async def asked(worker: Worker, account: Account, model: str, words: str) -> tuple[int, Json]:
    """Ask as an API client of one worker; return the status and the answer."""
    async with HostAdmin(worker.url, account) as client:
        return await plain_chat(client, model, words)


def limited(account: Account, **fields: object) -> str:
    """Return the rule of a budget for one person."""
    rest = "".join(f", {name}: {value}" for name, value in fields.items())
    return f"[{{name: Own, who: 'user:{account.id}', period: month{rest}}}]"


def test_both_workers_begin_at_once_without_an_error(workers: Workers) -> None:
    assert len(workers.query("SELECT * FROM openrouter_pipe_version")) == 1
    assert not workers.lines("storage_unavailable")
    assert not workers.lines("Traceback")


async def test_a_killed_workers_chat_is_ended_by_the_other_while_chats_go_on(workers: Workers) -> None:
    await eventually(lambda: workers.lines("model_rows_synced"))  # so it holds no lease when it dies
    began, words, account = time.monotonic(), fresh("die"), workers.one.admin
    async with HostAdmin(workers.other.url, account) as admin, BrowserSession(admin) as beside:
        await admin.change_valves(FUNCTION_ID, {"BUDGETS": limited(account, hard=50)})
        going_on = await beside.send(fresh("live"), model=SLOW, wait=False)
        async with HostAdmin(workers.one.url, account) as doomed, BrowserSession(doomed) as tab:
            turn = await tab.send(words, model=SLOW, wait=False)
            await turn.until(lambda turn: "w1" in turn.text_shown)
            await eventually(lambda: not workers.query(f"{STARTED} AND coalesce(generation_id, '') = ''"))
            workers.kill(workers.one)  # now that the ledger can name the call; else its cost would be an estimate
        await going_on.finish()
        assert (going_on.shown.error, going_on.stored_text.split()[-1]) == (None, "w199")
        ((turn_id,),) = workers.query(STARTED)
        next_one = await beside.send(fresh("go on"), chat=turn, model=ECHO)
        assert (next_one.shown.error, next_one.stored_text[:9]) == (None, "You said:")
        workers.query(
            f"UPDATE openrouter_pipe_usage_entry SET started_at = started_at - {4 * AN_HOUR} WHERE state = 'started'"
        )
        workers.query(
            f"UPDATE openrouter_pipe_reservation SET expires_at = expires_at - {AN_HOUR} WHERE state = 'pending'"
        )
        while workers.query(STARTED):  # each chat lets the worker look whether a sweep is due
            assert time.monotonic() - began < SWEPT_SECONDS
            assert (await plain_chat(admin, ECHO, "tick"))[0] == 200
            await asyncio.sleep(0.5)
    ((state, cost),) = workers.query(f"SELECT state, cost FROM openrouter_pipe_usage_entry WHERE turn_id = '{turn_id}'")
    assert (state, cost) == ("settled", workers.billed(workers.one.asked(words)[:1]))
    assert workers.query("SELECT * FROM openrouter_pipe_lease WHERE name LIKE 'ledger:%' AND expires_at = 0")
    await workers.replaced(workers.one)


async def test_chats_are_answered_through_either_worker(shared: Workers) -> None:
    for worker in shared.both:
        words = fresh("hello")
        status, answer = await asked(worker, worker.admin, ECHO, words)
        assert (status, answer["choices"][0]["message"]["content"]) == (200, f"You said: {words}")


async def test_thinking_is_sent_back_by_the_other_worker(shared: Workers) -> None:
    turn, counts = None, []
    for worker in (*shared.both, *shared.both):
        async with opened_tab(worker) as tab:
            turn, record = await ask(tab, worker, turn, "think")
            counts.append(len(thoughts(record)))
    assert counts == [0, 1, 2, 3]


async def test_results_of_tools_are_sent_back_by_the_other_worker(shared: Workers, tmp_path: Path) -> None:
    path, words = tmp_path / "counted", fresh("and now")
    async with HostAdmin(shared.one.url, shared.one.admin) as admin:
        await install_tools(admin, ("counting",))
    async with opened_tab(shared.one) as tab:
        line = order("count", {"path": str(path), "key": "one"})
        turn = await tab.send(
            f"{fresh('Count.')}\n{line}", model="openrouter.sim/tools", options=with_tools("counting")
        )
    assert results(turn) == ["counted one"]
    async with opened_tab(shared.other) as tab:
        await tab.send(words, chat=turn, options=with_tools("counting"))
    sent = shared.other.asked(words)[0].body["input"]
    assert sent_calls(sent) == [("count", "counted one")]
    assert path.read_text() == "one\n"


async def test_a_chat_is_stopped_through_the_other_worker(shared: Workers) -> None:
    words = fresh("talk")
    async with opened_tab(shared.one) as tab, HostAdmin(shared.other.url, shared.other.admin) as there:
        turn = await tab.send(words, model=SLOW, wait=False)
        await turn.until(lambda turn: "w1" in turn.text_shown)
        await there.stop_chat(turn.chat_id)
        await turn.finish()
    assert turn.shown.stopped
    (record,) = shared.one.asked(words)
    await eventually(lambda: record.closed_by_client)
    await eventually(lambda: not shared.query(STARTED))


async def test_a_person_whose_requests_fail_in_both_workers_is_paused_in_both(shared: Workers) -> None:
    account, words = await person(shared), fresh("fail")
    for number in range(FAILURES):
        status, answer = await asked(shared.both[number % 2], account, BROKEN, words)
        assert "error" in answer, (status, answer)
    assert len(shared.one.asked(words)) == FAILURES

    async def paused(worker: Worker) -> bool:
        again = fresh("again")
        _, answer = await asked(worker, account, ECHO, again)
        return "error" in answer and not worker.asked(again)

    for worker in shared.both:
        await eventually(partial(paused, worker))


async def test_a_model_that_fails_for_several_people_is_replaced_in_both_workers(shared: Workers) -> None:
    people = [await person(shared) for _ in range(3)]
    slug = next(UNUSED)
    shared.one.simulator.set_override(slug, "sim/error-504")
    model = f"{FUNCTION_ID}.{slug}"
    for number in range(FAILURES):
        await asked(shared.both[number % 2], people[number % 2], model, "fail")

    async def replaced(worker: Worker) -> bool:
        words = fresh("hello")
        await asked(worker, people[2], model, words)
        return [record.model for record in worker.asked(words)] == ["sim/echo"]

    async with HostAdmin(shared.one.url, shared.one.admin) as admin:
        await admin.change_valves(FUNCTION_ID, {"FALLBACK_MODEL": "sim/echo"})
        try:
            for worker in shared.both:
                await eventually(partial(replaced, worker))
        finally:
            await admin.change_valves(FUNCTION_ID, {"FALLBACK_MODEL": ""})


async def test_a_budget_spent_through_one_worker_is_refused_by_the_other(shared: Workers) -> None:
    account, words, before = await person(shared), fresh("pay"), shared.counters()
    async with HostAdmin(shared.one.url, shared.one.admin) as admin:
        await admin.change_valves(FUNCTION_ID, {"BUDGETS": limited(account, hard=1)})
        for worker in shared.both:
            assert (await asked(worker, account, ECHO, words))[0] == 200
        await eventually(lambda: not shared.query(PENDING_OF, user=account.id))
        (spent,) = (spent for name, spent in shared.counters().items() if name not in before)
        assert spent == shared.billed(shared.one.asked(words)) > 0
        await admin.change_valves(FUNCTION_ID, {"BUDGETS": limited(account, hard=spent)})
        refused = fresh("too much")
        for worker in shared.both:
            _, answer = await asked(worker, account, ECHO, refused)
            assert "Own" in str(answer["error"])
    assert shared.one.asked(refused) == []


async def test_requests_to_both_workers_at_once_get_no_more_than_the_budget_has_room_for(shared: Workers) -> None:
    account, words = await person(shared), fresh("race")
    budget = limited(account, unit="requests", hard=ROOM)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(HostAdmin(worker.url, account)) for worker in shared.both]
        async with HostAdmin(shared.one.url, shared.one.admin) as admin:
            before = await admin.valves(FUNCTION_ID)
            strictly = f"{before['ADVANCED']}\nBUDGET_WHEN_STORE_DOWN=refuse"  # a busy machine may take too long
            await admin.set_valves(FUNCTION_ID, {**before, "BUDGETS": budget, "ADVANCED": strictly})
            asked = [plain_chat(clients[number % 2], "openrouter.sim/deltas-20", words) for number in range(4 * ROOM)]
            answers = [answer for _, answer in await asyncio.gather(*asked)]
            await admin.set_valves(FUNCTION_ID, before)
    admitted = sum("choices" in answer for answer in answers)
    undecided = sum("choices" not in answer and "Own" not in str(answer) for answer in answers)
    assert ROOM - undecided <= admitted <= ROOM
    assert len(shared.one.asked(words)) == admitted


async def test_every_call_has_one_row(workers: Workers) -> None:
    await eventually(lambda: not workers.query(STARTED))
    rows = workers.query("SELECT generation_id, state FROM openrouter_pipe_usage_entry WHERE state <> 'void'")
    named = sorted(row.generation_id for row in rows if row.generation_id)
    assert named == sorted(record.generation_id for record in workers.calls if record.generation_id)
    assert len(rows) == len(workers.calls)
    assert all(row.state == "settled" for row in rows if row.generation_id)


async def test_the_budgets_have_counted_what_the_ledger_says(workers: Workers) -> None:
    """That includes the turn whose worker was killed: the next budgeted turns find its reservation."""
    account = workers.one.admin
    async with HostAdmin(workers.other.url, account) as admin:
        await admin.change_valves(FUNCTION_ID, {"BUDGETS": limited(account, hard=50)})
        began = time.monotonic()
        while workers.query(PENDING):
            assert time.monotonic() - began < SWEPT_SECONDS
            assert (await plain_chat(admin, ECHO, "tick"))[0] == 200
            await asyncio.sleep(0.5)
    statement = """
        SELECT sum(cost) FROM openrouter_pipe_usage_entry JOIN openrouter_pipe_reservation USING (namespace, turn_id)
        WHERE user_id = :user"""

    def agrees() -> bool:
        ((cost,),) = workers.query(statement, user=account.id)
        return not workers.query(STARTED) and cost in workers.counters().values()

    await eventually(agrees)
    await eventually(lambda: workers.query("SELECT sum(reserved) FROM openrouter_pipe_budget_account") == [(0,)])


async def test_the_rows_of_models_were_written_by_one_worker_at_a_time(workers: Workers) -> None:
    await eventually(lambda: len(workers.lines("model_rows_synced")) >= 2)
    assert not workers.lines("model_rows_not_synced")
    rows = workers.query("SELECT id FROM model WHERE id LIKE 'openrouter.%'")
    assert len(rows) >= int(workers.logged("model_rows_synced", "rows")) > 0
    assert workers.logged("model_rows_synced", "inserted") == "0"
    assert workers.query("SELECT * FROM openrouter_pipe_lease WHERE name = 'rows:openrouter' AND expires_at = 0")
