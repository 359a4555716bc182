"""Budgets through the whole pipe: cards, errors of the API, tasks, statuses, and mistakes in the settings."""

import json
import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, questions

ONE = "- {name: Trial, who: each, period: month, unit: requests, hard: 1}"
MODEL = "sim/echo"
LEDGER = "ENABLE_LEDGER=true"


async def used_up(caller: Caller, budgets: str = ONE) -> Caller:
    """Let a person use up a budget of one request."""
    caller.valves["BUDGETS"] = budgets
    first = await caller.ask(MODEL)
    assert first.text
    await drained(caller)
    return caller


async def drained(caller: Caller) -> None:
    (runtime,) = caller.service._runtimes.values()
    await runtime.core.drained()


async def test_a_spent_budget_is_a_card_with_its_name_its_limit_and_when_it_begins_anew(
    caller: Caller, simulator: Simulator
) -> None:
    await used_up(caller)
    reply = await caller.ask(MODEL)
    assert "The budget Trial (1 request a month) is spent." in reply.fault_words
    assert re.search(r"It begins anew (tomorrow|on \w+|on 1 \w+), 00:00 UTC\.", reply.fault_words)
    assert "the valve BUDGETS" in reply.fault_words
    assert len(questions(simulator)) == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_of_the_api_gets_the_code_and_when_to_try_again(caller: Caller, stream: bool) -> None:
    await used_up(caller)
    reply = await caller.ask(MODEL, who=Who.API, stream=stream)
    if not stream and not isinstance(reply.returned, dict):
        assert reply.returned.status_code == 429
        assert int(reply.returned.headers["Retry-After"]) > 0
        reply.returned = json.loads(b"".join([part async for part in reply.returned.body_iterator]))
    [error] = reply.errors
    assert (error["code"], error["type"]) == ("budget_spent", "insufficient_quota")
    assert error["retry_after"] > 0


async def test_a_background_task_gets_an_empty_answer_and_no_error(caller: Caller) -> None:
    await used_up(caller)
    reply = await caller.ask(MODEL, who=Who.TASK, stream=False)
    assert (json.loads(reply.text), reply.errors) == ({"title": "Chat"}, [])


async def test_other_people_have_budgets_of_their_own(caller: Caller) -> None:
    await used_up(caller)
    caller.user["id"] = "user-2"
    caller.ids["user_id"] = "user-2"
    assert not (await caller.ask(MODEL)).errors


async def test_a_reached_soft_limit_is_a_status(caller: Caller) -> None:
    await used_up(caller, "- {name: Trial, who: each, period: day, unit: requests, hard: 5, soft: 1}")
    reply = await caller.ask(MODEL)
    lines = [status["description"] for status in reply.statuses]
    assert [line for line in lines if line.startswith("Budget Trial: 1 request of 5 requests spent")]


async def test_too_many_messages_in_a_minute_wait_a_little(caller: Caller) -> None:
    caller.valves["ADVANCED"] = "USER_REQUESTS_PER_MINUTE=1"
    replies = [await caller.ask(MODEL, who=Who.API, stream=True) for _ in range(3)]  # a minute may end in between
    errors = [error for reply in replies for error in reply.errors]
    assert {error["code"] for error in errors} == {"rate_limit_exceeded"}
    assert all(0 < error["retry_after"] <= 60 for error in errors)


async def test_changed_budgets_count_at_once(caller: Caller) -> None:
    await used_up(caller)
    caller.valves["BUDGETS"] = ONE.replace("hard: 1", "hard: 3")
    assert not (await caller.ask(MODEL)).errors
    caller.valves["BUDGETS"] = ""
    assert not (await caller.ask(MODEL)).errors


async def test_a_mistake_is_shown_to_administrators_and_the_other_budgets_stay(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "openrouter_pipe")
    caller.user["role"] = "admin"
    caller.valves["BUDGETS"] = f"{ONE}\n- {{who: each, period: month, hard: -5}}"
    reply = await caller.ask(MODEL)
    [notice] = [event["data"]["content"] for event in reply.events if event["type"] == "notification"]
    assert notice == "BUDGETS: line 2, hard: is negative; this budget is not used."
    assert "BUDGETS: line 2, hard" in caplog.text
    await drained(caller)
    assert "The budget Trial" in (await caller.ask(MODEL)).fault_words


@pytest.mark.parametrize("text", ["- who: [", "nonsense", "x" * 100_000, "\x00", 7, None, ["a"]])
async def test_unreadable_budgets_never_break_the_chat_or_the_list(caller: Caller, text: Any) -> None:
    caller.valves["BUDGETS"] = text
    await caller.knows_the_models()
    assert not (await caller.ask(MODEL)).errors


async def test_a_typing_mistake_does_not_lift_the_limits(caller: Caller) -> None:
    await used_up(caller)
    caller.valves["BUDGETS"] = ONE + "\n- who: ["
    assert "The budget Trial" in (await caller.ask(MODEL)).fault_words


async def test_an_unknown_time_zone_is_reported_and_utc_is_used(caller: Caller) -> None:
    caller.user["role"] = "admin"
    caller.valves["ADVANCED"] = "BUDGET_TIME_ZONE=Mars/Olympus"
    reply = await (await used_up(caller)).ask(MODEL)
    assert "1 request a month" in reply.fault_words
    notices = [event["data"]["content"] for event in reply.events if event["type"] == "notification"]
    assert notices == ["BUDGET_TIME_ZONE: this server knows no such time zone; UTC is used."]


async def test_budgets_in_the_database_count_too(caller: Caller, tmp_path: Path) -> None:
    caller.valves["ADVANCED"] = LEDGER
    await caller.ask(MODEL)
    await drained(caller)
    with closing(sqlite3.connect(next(tmp_path.rglob("openrouter_pipe.db")))) as database:
        (namespace,) = database.execute("SELECT DISTINCT namespace FROM openrouter_pipe_usage_entry").fetchone()
        rule = "who: each\nperiod: month\nunit: requests\nhard: 0"
        values = (namespace, "Stored", rule, 0)
        database.execute("INSERT INTO openrouter_pipe_budget VALUES (?, ?, ?, ?)", values)
        database.commit()
    caller.valves["ADVANCED"] = f"{LEDGER}\nUSER_REQUESTS_PER_MINUTE=1000"  # new settings are read at once
    (runtime,) = caller.service._runtimes.values()
    runtime.core.stores.books.budgets._rules._stored.forget()
    assert "The budget Stored (0 requests a month) is spent." in (await caller.ask(MODEL)).fault_words


async def test_money_is_counted_as_the_ledger_counts_it(caller: Caller, tmp_path: Path) -> None:
    caller.valves["BUDGETS"], caller.valves["ADVANCED"] = "- {who: all, period: month, hard: 100}", LEDGER
    for _ in range(3):
        await caller.ask(MODEL)
        await drained(caller)
    with closing(sqlite3.connect(next(tmp_path.rglob("openrouter_pipe.db")))) as database:
        (spent, reserved) = database.execute("SELECT spent, reserved FROM openrouter_pipe_budget_account").fetchone()
        costs = [cost for (cost,) in database.execute("SELECT cost FROM openrouter_pipe_usage_entry")]
    assert (len(costs), reserved) == (3, 0)
    assert spent == sum(round(float(cost) * 10**10) for cost in costs)
    assert spent > 0


@pytest.fixture
def without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_PIPE_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")


@pytest.mark.usefixtures("without_database")
async def test_without_the_database_messages_are_answered(caller: Caller) -> None:
    caller.valves["BUDGETS"] = ONE
    assert (await caller.ask(MODEL)).errors == []


@pytest.mark.usefixtures("without_database")
async def test_without_the_database_the_operator_may_refuse_messages(caller: Caller, simulator: Simulator) -> None:
    caller.valves["BUDGETS"] = ONE
    caller.valves["ADVANCED"] = "BUDGET_WHEN_STORE_DOWN=refuse"
    [error] = (await caller.ask(MODEL, who=Who.API)).errors
    assert (error["code"], questions(simulator)) == ("budget_unknown", [])
