"""Upstream fails: the page of a real host shows one error, and the chat continues."""

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import stream_chat
from tests.hosts.installed import InstalledHost, error_ids, fault_text, fresh, install
from tests.patience import eventually

pytestmark = pytest.mark.host

REFUSALS = ("error-429", "error-500", "empty", "guard-injection", "guard-alignment", "guard-armor-only")


@pytest.mark.parametrize("scenario", REFUSALS)
async def test_answer_that_never_began_is_one_fault_with_an_id_from_the_log(
    page: BrowserSession, host: InstalledHost, scenario: str
) -> None:
    turn = await page.send("this will fail", model=f"openrouter.sim/{scenario}")
    ids = error_ids(fault_text(turn))
    assert len(set(ids)) == 1
    assert ids[0] in host.server.log_text()


async def test_cut_stream_keeps_its_text_and_reports_one_fault(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("this will break off", model="openrouter.sim/cut-5")
    assert turn.shown.error
    assert turn.text_shown
    assert turn.stored_text == turn.text_shown
    assert len(set(error_ids(fault_text(turn)))) == 1


@pytest.mark.parametrize("scenario", ["error-500", "cut-5"])
async def test_chat_continues_after_a_fault(page: BrowserSession, host: InstalledHost, scenario: str) -> None:
    turn = await page.send("fail first", model=f"openrouter.sim/{scenario}")
    words = fresh("and now")
    after = await page.send(words, chat=turn, model="openrouter.sim/echo")
    assert after.stored_text == f"You said: {words}"


async def test_person_whose_turns_all_failed_waits_a_little_and_then_goes_on(
    page: BrowserSession, client: HostAdmin, host: InstalledHost
) -> None:
    async def is_refused() -> bool:
        words = fresh("fail")
        turn = await page.send(words, model="strict.sim/error-500")
        await turn.idle()  # the host's tasks for it fail, too: they must not open the breaker again later
        return "wait a little" in fault_text(turn) and not host.asked(words)

    async def is_answered() -> bool:
        turn = await page.send("and now", model="strict.sim/echo")
        await turn.idle()
        return turn.stored_text == "You said: and now"

    limits = "BREAKER_MAX_FAILURES=2\nBREAKER_WINDOW_SECONDS=10"
    await install(client, host.source, {**host.valves, "ADVANCED": limits}, function_id="strict")
    try:
        await eventually(is_refused)
        await eventually(is_answered)
    finally:
        await client.delete_function("strict")


async def test_wrong_key_is_reported_and_leaves_the_model_list_alone(
    page: BrowserSession, client: HostAdmin, host: InstalledHost
) -> None:
    await install(client, host.source, host.valves, function_id="mistyped")
    try:
        await client.set_valves("mistyped", {**host.valves, "API_KEY": "sk-or-v1-mistyped"})
        reply = await stream_chat(client, "mistyped.sim/echo")
        assert [error["code"] for error in reply.errors] == ["invalid_api_key"]
        turn = await page.send("who am I", model="mistyped.sim/echo")
        assert "key" in fault_text(turn).lower()
        assert "sk-or-v1-mistyped" not in host.server.log_text()
        assert "openrouter.sim/echo" in await client.model_ids()
    finally:
        await client.delete_function("mistyped")
