"""Keys of people pay for what they ask, and for nothing else; the operator is warned before the own key is used up."""

import asyncio
import logging
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from domain.request.turn_request import Caller as Who
from domain.services import watch_allowances
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.account import Allowed, hash_of
from entrypoints.simulator.server import Simulator
from ports.ledger import Entry
from tests.entrypoints.openwebui.service.calling import KEY, Caller, Reply, questions
from tests.patience import PATIENCE, eventually

THEIRS = "sk-or-v1-the-key-of-ann-0123456789abcdef"
ON = {"ADVANCED": "ALLOW_USER_KEYS=true\nENABLE_LEDGER=true\nLOG_LEVEL=DEBUG"}
BAD_KEY = "invalid_api_key"


@pytest.fixture
def people(load: Callable[[], PipeService], simulator: Simulator) -> tuple[Caller, Caller]:
    """Ann, who has a key of her own, and Bob, who has none; own keys are allowed."""
    simulator.keys = frozenset({KEY, THEIRS})
    service = load()
    ann, bob = Caller(service, simulator.url, **ON), Caller(service, simulator.url, **ON)
    ann.user = {"id": "ann", "role": "user", "valves": {"OWN_API_KEY": THEIRS}}
    bob.user = {"id": "bob", "role": "user", "valves": {}}
    bob.ids = {"chat_id": "chat-2", "message_id": "message-2"}
    return ann, bob


@pytest.fixture
def ann(people: tuple[Caller, Caller]) -> Caller:
    return people[0]


@pytest.fixture
def bob(people: tuple[Caller, Caller]) -> Caller:
    return people[1]


def paid(simulator: Simulator) -> list[str]:
    """Return the keys of the requests for answers."""
    return [record.key for record in questions(simulator)]


async def entries(caller: Caller) -> tuple[Entry, ...]:
    """Return what the ledger holds once everything is settled."""
    (runtime,) = caller.service._runtimes.values()
    ledger = runtime.core.stores.books.ledger
    assert ledger is not None
    await runtime.core.drained()
    assert ledger.keeper.bills is not None
    await ledger.keeper.bills.drained()
    await ledger.keeper.drained()
    stores = await runtime.core.stores.storage.stores()
    assert stores.books.ledger is not None
    keeper: Any = stores.books.ledger
    async with keeper._database.reading() as connection:
        rows = (await connection.exec_driver_sql("SELECT turn_id, namespace FROM openrouter_pipe_usage_entry")).all()
    return tuple([entry for turn, space in rows for entry in await stores.books.ledger.of_turn(space, turn)])


@pytest.mark.parametrize("who", Who)
@pytest.mark.parametrize("stream", [True, False])
async def test_an_own_key_pays_for_everything_its_owner_asks(ann, bob, simulator, who, stream):
    await ann.ask("sim/deltas-20", who=who, stream=stream)
    await bob.ask("sim/deltas-20", who=who, stream=stream)
    assert paid(simulator) == [THEIRS, KEY]
    assert simulator.bills.spent_by(hash_of(THEIRS)) == simulator.bills.spent_by(hash_of(KEY)) > 0


async def test_every_request_of_one_answer_uses_the_own_key(ann, simulator):
    await ann.ask("sim/error-503-times-1")
    assert set(paid(simulator)) == {THEIRS}


async def test_the_ledger_says_whose_key_paid(ann, bob):
    await ann.ask("sim/deltas-20")
    await ann.ask("sim/deltas-20", who=Who.TASK, stream=False)
    await bob.ask("sim/deltas-20")
    found = {(entry.user_id, entry.kind): entry for entry in await entries(ann)}
    assert {key: entry.own_key for key, entry in found.items()} == {
        ("ann", "chat"): True,
        ("ann", "title_generation"): True,
        ("bob", "chat"): False,
    }
    assert found["ann", "chat"].key_id == found["ann", "title_generation"].key_id != found["bob", "chat"].key_id
    assert THEIRS not in repr(found)


async def test_the_bill_of_a_stopped_answer_is_looked_up_with_the_own_key(ann, simulator):
    task, reply = ann.begin("sim/deltas-2000-rate-20")
    await eventually(lambda: reply.text)
    task.cancel()
    await asyncio.wait((task,))
    [entry] = await entries(ann)
    assert entry.cost == Decimal(repr(float(simulator.bills.spent_by(hash_of(THEIRS)))))
    assert {record.key for record in simulator.records if record.path.endswith("/generation")} == {THEIRS}


async def test_lists_of_models_are_the_operators(ann, simulator):
    await ann.knows_the_models()
    await ann.ask("sim/echo")
    assert {record.key for record in simulator.records if record.method == "GET"} == {KEY}


@pytest.mark.parametrize(
    "advanced", ["", "ALLOW_USER_KEYS=false", "ALLOW_USER_KEYS=true\nLOCKED_USER_SETTINGS=OWN_API_KEY"]
)
@pytest.mark.parametrize("own", [THEIRS, "sk-or-v1-refused", "kl\u00fcg"])
async def test_where_own_keys_are_not_allowed_they_are_ignored(ann, simulator, advanced, own):
    ann.valves["ADVANCED"], ann.user["valves"] = advanced, {"OWN_API_KEY": own}
    reply = await ann.ask("sim/echo")
    assert (reply.text, paid(simulator)) == ("You said: hello", [KEY])


async def test_own_keys_that_were_switched_off_and_on_again_still_pay(ann, simulator):
    for advanced in ("ALLOW_USER_KEYS=true", "", "ALLOW_USER_KEYS=true"):
        ann.valves["ADVANCED"] = advanced
        await ann.ask("sim/echo")
    assert paid(simulator) == [THEIRS, KEY, THEIRS]


# --- keys that do not work --------------------------------------------------------------------------------


def told(reply: Reply) -> str:
    """Return what the person is told; it names their field, and nothing of the operator's."""
    words = reply.fault_words
    assert "OWN_API_KEY" in words
    assert "valve API_KEY" not in words
    assert "dministrator" not in words
    return words


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_refused_own_key_is_named_and_no_other_key_pays(ann, simulator, who, stream):
    ann.user["valves"] = {"OWN_API_KEY": "sk-or-v1-mistyped-by-ann"}
    reply = await ann.ask("sim/echo", who=who, stream=stream)
    if who is Who.PAGE or stream:
        assert "did not accept your own API key" in told(reply)
    assert paid(simulator) == ["sk-or-v1-mistyped-by-ann"]


async def test_tasks_leave_a_refused_own_key_alone_and_those_of_others_go_on(ann, bob, simulator):
    ann.user["valves"] = {"OWN_API_KEY": "sk-or-v1-mistyped-by-ann"}
    await ann.ask("sim/echo")
    await ann.ask("sim/echo", who=Who.TASK, stream=False)
    await bob.ask("sim/echo", who=Who.TASK, stream=False)
    assert paid(simulator) == ["sk-or-v1-mistyped-by-ann", KEY]


async def test_a_refused_key_of_the_operator_does_not_stop_tasks_with_an_own_one(ann, bob, simulator):
    simulator.keys = frozenset({THEIRS})
    await bob.ask("sim/echo")
    await ann.ask("sim/echo", who=Who.TASK, stream=False)
    assert paid(simulator) == [KEY, THEIRS]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("kl\u00fcg-0123456789", "contains characters that no key has"),
        ("sk-or-v1-\u2026abcd", "contains characters that no key has"),
        ("Bearer", "is stored, but cannot be read"),
        ("encrypted:gAAAAAB", "is stored, but cannot be read"),
        (["sk-or-v1-x"], "is stored, but cannot be read"),
    ],
)
@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_a_malformed_own_key_is_named_and_nothing_is_sent(ann, simulator, who, own, words):
    ann.user["valves"] = {"OWN_API_KEY": own}
    reply = await ann.ask("sim/echo", who=who)
    assert words in told(reply)
    assert paid(simulator) == []


async def test_a_malformed_own_key_costs_its_owner_alone_and_the_list_stays(ann, bob):
    ann.user["valves"] = {"OWN_API_KEY": "kl\u00fcg-0123456789"}
    await ann.ask("sim/echo")
    assert (await bob.ask("sim/echo")).text == "You said: hello"
    await bob.knows_the_models()


async def test_spent_credits_of_an_own_account_are_no_matter_for_administrators(ann):
    assert "Your own OpenRouter account" in told(await ann.ask("sim/error-402"))


async def test_the_operators_key_is_still_the_administrators_matter(bob, simulator):
    simulator.keys = frozenset()
    assert "the valve API_KEY" in (await bob.ask("sim/echo")).fault_words


async def test_the_card_speaks_german(ann):
    ann.valves["ADVANCED"] += "\nLANGUAGE=de"
    ann.user["valves"] = {"OWN_API_KEY": "sk-or-v1-mistyped-by-ann"}
    assert "Ihren eigenen API-Schlüssel nicht akzeptiert" in told(await ann.ask("sim/echo"))


# --- what stays apart -------------------------------------------------------------------------------------


async def test_what_upstream_caches_by_is_the_same_for_everybody_else(load, simulator, bob):
    await bob.ask("sim/echo")
    bob.valves["ADVANCED"] = ""
    await bob.ask("sim/echo")
    first, second = (record.body for record in questions(simulator))
    assert first["session_id"] == second["session_id"]
    assert first == second


async def test_one_chat_keeps_its_session_with_an_own_key(ann, simulator):
    await ann.ask("sim/echo")
    await ann.ask("sim/echo")
    first, second = (record.body["session_id"] for record in questions(simulator))
    assert first == second
    assert THEIRS not in repr([record.body for record in questions(simulator)])


async def test_no_own_key_is_in_the_log(ann, bob, caplog):
    caplog.set_level(logging.DEBUG)
    await ann.ask("sim/error-400")
    ann.user["valves"] = {"OWN_API_KEY": "sk-or-v1-mistyped-by-ann"}
    await ann.ask("sim/echo")
    await bob.ask("sim/echo")
    await ann.service.aclose()
    assert "turn_ended" in caplog.text
    assert THEIRS not in caplog.text
    assert "mistyped-by-ann" not in caplog.text


CHANGE = re.compile(r"event='key_changed' whose='(\w+)' old_key_id='([\w:]*)' new_key_id='([\w:]*)'")


async def test_changes_of_keys_are_logged_without_any_key(ann, simulator, caplog):
    simulator.keys = frozenset({KEY, THEIRS, "sk-or-v1-second-of-ann", "sk-or-v1-second-of-operator"})
    for own in (THEIRS, "sk-or-v1-second-of-ann", ""):
        ann.user["valves"] = {"OWN_API_KEY": own}
        await ann.ask("sim/thinking")
    ann.valves["API_KEY"] = "sk-or-v1-second-of-operator"
    await ann.ask("sim/thinking")
    ann.valves["ARTIFACT_ENCRYPTION_KEY"] = "a new passphrase of the operator"
    await ann.ask("sim/thinking")
    await ann.service.aclose()
    changes: dict[str, list[tuple[str, str]]] = {}
    for whose, old, new in CHANGE.findall(caplog.text):
        changes.setdefault(whose, []).append((old, new))
    for whose, number in {"operator": 2, "person": 3, "storage": 2}.items():
        assert len(changes[whose]) == number
        assert changes[whose][0][0] == ""
        assert all(old == before[1] for before, (old, _) in pairwise(changes[whose]))
    assert changes["person"][-1][1] == ""
    assert "sk-or" not in caplog.text
    assert "passphrase of" not in caplog.text


async def test_another_process_with_the_same_keys_logs_no_change(load, simulator, caplog):
    for _ in range(3):
        service = load()
        await Caller(service, simulator.url).ask("sim/thinking")
        await service.aclose()
    assert [whose for whose, _, _ in CHANGE.findall(caplog.text)].count("operator") == 1


# --- the limits of the operator's key ---------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_allowances, "FRAME", replace(watch_allowances.FRAME, first_after=0.0))


async def checked(caller: Caller) -> None:
    """Return once what the key may spend was read."""
    (runtime,) = caller.service._runtimes.values()
    await runtime.core.stores.books.keys.allowances.drained()


def warnings(reply: Reply) -> list[str]:
    return [event["data"]["content"] for event in reply.events if event["type"] == "notification"]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("role", "who", "count"), [("admin", Who.PAGE, 1), ("user", Who.PAGE, 0), ("admin", Who.API, 0)]
)
async def test_only_administrators_in_the_page_are_warned(caller, simulator, caplog, role, who, count):
    simulator.allowed = Allowed(limit=Decimal(100), credits=Decimal("0.000001"))
    simulator.bills.spent += Decimal("0.00000099")
    caller.user = {"id": "someone", "role": role}
    await caller.ask("sim/echo", who=Who.API)
    await checked(caller)
    told_now = warnings(await caller.ask("sim/echo", who=who))
    told_later = warnings(await caller.ask("sim/echo", who=who))
    await caller.service.aclose()
    assert (len(told_now), len(told_later)) == (count, 0)
    assert all("The OpenRouter account of this server has $0.00 left" in text for text in told_now)
    assert caplog.text.count("key_limit_low") == 1
    assert KEY not in caplog.text


@pytest.mark.usefixtures("at_once")
async def test_an_unlimited_key_warns_nobody(caller, simulator, caplog):
    simulator.allowed = Allowed(limit=None)
    caller.user = {"id": "root", "role": "admin"}
    await caller.ask("sim/echo")
    await checked(caller)
    assert warnings(await caller.ask("sim/echo")) == []
    assert "key_limit" not in caplog.text


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("minutes", "asked"), [(10, 1), (0, 0)])
async def test_checks_can_be_switched_off(caller, simulator, minutes, asked):
    simulator.allowed = Allowed(credits=Decimal(3))
    caller.valves["ADVANCED"] = f"KEY_CHECK_MINUTES={minutes}"
    await caller.ask("sim/echo")
    await caller.ask("sim/echo")
    await checked(caller)
    assert [record.path for record in simulator.records].count("/api/v1/credits") == asked


@pytest.mark.usefixtures("at_once")
async def test_what_is_watched_is_the_operators_key_never_a_persons(ann, simulator):
    await ann.ask("sim/echo")
    await checked(ann)
    assert {record.key for record in simulator.records if record.path.endswith(("/key", "/credits"))} == {KEY}


@pytest.mark.usefixtures("at_once")
async def test_metrics_show_what_the_key_may_still_spend(caller, simulator):
    simulator.allowed = Allowed(limit=Decimal("12.5"), credits=Decimal(3))
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    caller.valves["ADVANCED"] = f"METRICS_PORT={port}"
    await caller.ask("sim/echo")
    await checked(caller)
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    text = await answer.text()
                    break
            await asyncio.sleep(0.01)
    shown = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("openrouter_pipe_key_"))
    limits = {kind: float(shown[f'openrouter_pipe_key_limit_usd{{kind="{kind}"}}']) for kind in ("key", "credits")}
    assert limits == {"key": 12.5, "credits": 3}
    assert 12.4 < float(shown['openrouter_pipe_key_remaining_usd{kind="key"}']) <= 12.5
