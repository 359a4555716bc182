"""What the last line of an answer says of money, through the whole pipe, is what the ledger has."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.sql.ledger import SqlLedger
from domain.request.turn_request import Caller as Who
from domain.services.sum_spending import SumSpending
from entrypoints.openwebui.service import PipeService
from entrypoints.sentences.usage import dollars
from entrypoints.simulator.server import Simulator
from ports.usage import Paid
from tests.entrypoints.openwebui.service.calling import Caller, Reply
from tests.patience import eventually

MODEL = "sim/deltas-20"
HOSTS = ["0.6.36", "0.9.6", "0.10.2", "0.11.4", "0.12.4"]
SUMS = "ENABLE_LEDGER=true\nSHOW_CHAT_COST=true\nSHOW_MY_SPEND=true"


@pytest.fixture
async def spender(load: Callable[[], PipeService], simulator: Simulator) -> Caller:
    """Give a caller whose pipe keeps a ledger and shows its sums; the database is open."""
    caller = Caller(load(), simulator.url, ADVANCED=SUMS)
    await caller.knows_the_models()
    [runtime] = caller.service._runtimes.values()
    await runtime.core.stores.storage.stores()
    return caller


def line_of(reply: Reply) -> str:
    return str(reply.statuses[-1]["description"])


async def costs(caller: Caller, folder: Path, where: str = "1 = 1") -> Decimal:
    """Return what the entries of the ledger add up to, as they are stored."""
    [runtime] = caller.service._runtimes.values()
    await runtime.core.drained()
    [file] = folder.rglob("*.db")
    query = f"SELECT cost, upstream_cost FROM openrouter_pipe_usage_entry WHERE {where}"
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute(query).fetchall()
    return sum((Decimal(amount) for row in rows for amount in row if amount is not None), Decimal(0))


def usage_of(reply: Reply) -> dict[str, Any]:
    payloads = [payload for payload in [*reply.payloads, reply.returned] if isinstance(payload, dict)]
    found = [payload.get("usage") or payload.get("response", {}).get("usage") for payload in payloads]
    return [usage for usage in found if usage][-1]


@pytest.mark.parametrize("version", HOSTS)
async def test_the_line_shows_cost_chat_and_month_as_the_ledger_has_them(
    spender: Caller, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = type("env", (), {"VERSION": version})
    monkeypatch.setitem(__import__("sys").modules, "open_webui.env", module)
    spender.service._host = None
    first = await spender.ask(MODEL)
    once = await costs(spender, tmp_path)
    spender.ids = {"chat_id": "chat-2", "message_id": "message-2"}
    await spender.ask(MODEL)
    spender.ids = {"message_id": "message-3"}
    reply = await spender.ask(MODEL)
    chat, month = await costs(spender, tmp_path, "chat_id = 'chat-1'"), await costs(spender, tmp_path)

    assert f" | Cost ${dollars(once)} | " in line_of(first)
    assert line_of(first).endswith(f" | Chat ${dollars(once)} | This month ${dollars(once)}")
    assert f" | Cost ${dollars(once)} | " in line_of(reply)
    assert line_of(reply).endswith(f" | Chat ${dollars(chat)} | This month ${dollars(month)}")
    assert once < chat < month
    assert usage_of(first)["cost"] == float(once)
    assert not {"chat_cost", "month_cost"} & {*usage_of(reply)}


async def test_background_tasks_of_the_chat_are_in_its_sum_and_show_none(spender: Caller, tmp_path: Path) -> None:
    task = await spender.ask(MODEL, who=Who.TASK, stream=False)
    reply = await spender.ask(MODEL)
    both = await costs(spender, tmp_path)

    assert f" | Chat ${dollars(both)} | " in line_of(reply)
    assert f" | Cost ${dollars(both)} | " not in line_of(reply)
    assert not {"chat_cost", "month_cost"} & {*usage_of(task)}


@pytest.mark.parametrize("stream", [True, False])
async def test_api_clients_find_the_month_in_the_usage(spender: Caller, tmp_path: Path, stream: bool) -> None:
    await spender.ask(MODEL)
    options: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
    usage = usage_of(await spender.ask(MODEL, who=Who.API, stream=stream, **options))

    assert usage["month_cost"] == float(await costs(spender, tmp_path))
    assert usage["cost"] == float(await costs(spender, tmp_path, "chat_id = ''"))
    assert "chat_cost" not in usage
    assert "cost_is_estimated" not in usage


async def test_nothing_of_others_is_in_the_sums(spender: Caller, tmp_path: Path) -> None:
    await spender.ask(MODEL)
    other = Caller(spender.service, "", **spender.valves)
    other.user = {**spender.user, "id": "user-2"}
    reply = await other.ask(MODEL)

    own = dollars(await costs(spender, tmp_path, "user_id = 'user-2'"))
    assert line_of(reply).endswith(f" | Chat ${own} | This month ${own}")


async def test_a_temporary_chat_has_no_sum_of_its_own(spender: Caller, tmp_path: Path) -> None:
    spender.ids = {"chat_id": "local:1"}
    await spender.ask(MODEL)
    reply = await spender.ask(MODEL)

    assert "Chat" not in line_of(reply)
    assert line_of(reply).endswith(f" | This month ${dollars(await costs(spender, tmp_path))}")


@pytest.mark.parametrize(
    ("operator", "own", "shown"),
    [
        ("ENABLE_LEDGER=true", {}, []),
        ("ENABLE_LEDGER=true", {"SHOW_CHAT_COST": "true"}, ["Chat"]),
        ("ENABLE_LEDGER=true", {"SHOW_MY_SPEND": "true"}, ["This month"]),
        (SUMS, {"SHOW_CHAT_COST": "false"}, ["This month"]),
        (SUMS, {"SHOW_FINAL_USAGE_STATUS": "false"}, []),
        ("ENABLE_LEDGER=false\nSHOW_CHAT_COST=true\nSHOW_MY_SPEND=true", {}, []),
    ],
)
async def test_each_person_chooses_what_is_shown(
    spender: Caller, operator: str, own: dict[str, str], shown: list[str]
) -> None:
    spender.valves["ADVANCED"] = operator
    spender.user["valves"] = own
    reply = await spender.ask(MODEL)

    assert [name for name in ("Chat", "This month") if f" | {name} $" in line_of(reply)] == shown


async def test_the_line_of_a_stopped_turn_shows_the_sums(spender: Caller, tmp_path: Path) -> None:
    await spender.ask(MODEL)
    before = dollars(await costs(spender, tmp_path))
    task, reply = spender.begin("sim/deltas-2000-rate-20")
    await eventually(lambda: reply.text)
    task.cancel()
    await eventually(lambda: reply.statuses and reply.statuses[-1]["done"])

    assert line_of(reply).startswith("Stopped | ")
    sums = [part for part in line_of(reply).split(" | ") if part.startswith(("Chat", "This month"))]
    assert len(sums) == 2
    assert all("$" in one and one.partition("$")[2] >= before for one in sums)


async def test_a_ledger_that_cannot_be_read_costs_the_line_no_more_than_its_sums(
    spender: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: SqlLedger, *_: object, **__: object) -> Paid:
        raise ZeroDivisionError

    monkeypatch.setattr(SqlLedger, "paid", broken)
    reply = await spender.ask(MODEL)

    assert " | Cost $" in line_of(reply)
    assert "month" not in line_of(reply)
    assert not reply.errors


async def test_sums_are_read_in_german_and_as_icons(spender: Caller) -> None:
    spender.valves["ADVANCED"] = f"{SUMS}\nLANGUAGE=de"
    german = line_of(await spender.ask(MODEL))
    spender.valves["ADVANCED"] = f"{SUMS}\nFINAL_USAGE_STATUS_STYLE=icons"
    icons = line_of(await spender.ask(MODEL))

    assert " $ | Dieser Monat 0," in german
    assert " | \U0001f4ac $0." in icons
    assert " | \U0001f4c5 $0." in icons


async def test_nothing_is_summed_up_that_nobody_wants_to_see(spender: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[object] = []
    monkeypatch.setattr(SumSpending, "_read", lambda *given: reads.append(given))
    spender.valves["ADVANCED"] = "ENABLE_LEDGER=true"
    await spender.ask(MODEL)
    spender.valves["ADVANCED"] = SUMS
    await spender.ask(MODEL, who=Who.TASK, stream=False)

    assert reads == []
