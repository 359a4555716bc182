"""Answers in the page of a real host, and in its stored chats."""

import time

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from tests.hosts.installed import InstalledHost, fresh
from tests.patience import eventually

pytestmark = pytest.mark.host

ECHO = "openrouter.sim/echo"


async def test_answer_is_shown_and_found_again_in_the_stored_chat(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("show and keep this", model=ECHO)
    assert turn.text_shown == "You said: show and keep this"
    assert turn.stored_text == turn.text_shown
    assert turn.shown.error is None


async def test_next_message_of_a_chat_carries_what_was_said_before(page: BrowserSession, host: InstalledHost) -> None:
    first = fresh("remember the number")
    second = fresh("which number")
    turn = await page.send(first, model=ECHO)
    await page.send(second, chat=turn)
    (record,) = host.asked(second)
    assert [item["role"] for item in record.body["input"] if "role" in item] == ["user", "assistant", "user"]
    assert record in host.asked(first)


async def test_thinking_is_shown_and_stored_apart_from_the_answer(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("think first", model="openrouter.sim/thinking")
    assert turn.reasoning_shown.strip()
    assert turn.stored_reasoning.strip()
    assert turn.stored_text
    assert turn.reasoning_shown.strip() not in turn.stored_text


async def test_last_status_line_is_final_and_contains_the_usage(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("what did it cost", model=ECHO)
    assert turn.statuses[-1]["done"] is True
    assert "token" in turn.statuses[-1]["description"].lower()


async def test_chat_gets_the_title_upstream_gave_it(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("name this chat", model=ECHO, background=("title_generation",))
    assert await turn.title() == "Simulated Conversation"


async def test_title_task_leaves_nothing_in_the_visible_message(
    page: BrowserSession, client: HostAdmin, host: InstalledHost
) -> None:
    turn = await page.send("stay as you are", model=ECHO, background=("title_generation",))
    await turn.title()
    await client.wait_until_idle(turn.chat_id)
    await turn.read_back()
    assert turn.stored_text == "You said: stay as you are"


async def test_stop_button_closes_the_request_upstream_within_a_second(
    page: BrowserSession, host: InstalledHost
) -> None:
    words = fresh("stop this")
    turn = await page.send(words, model=host.model("sim/deltas-200-rate-20"), wait=False)
    await turn.until(lambda turn: turn.text_shown)
    (record,) = host.asked(words)
    pressed_at = time.monotonic()
    await turn.stop()
    await eventually(lambda: record.closed_by_client)
    assert (record.ended_at or pressed_at) - pressed_at < 1.0


async def test_stopped_answer_keeps_the_text_that_was_shown(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("stop this too", model=host.model("sim/deltas-200-rate-20"), wait=False)
    await turn.until(lambda turn: len(turn.text_shown.split()) >= 5)
    seen = turn.text_shown
    await turn.stop()
    assert turn.shown.stopped
    assert turn.stored_text.startswith(seen)


async def test_chat_continues_after_a_stop(page: BrowserSession, host: InstalledHost) -> None:
    turn = await page.send("stop and go on", model=host.model("sim/deltas-200-rate-20"), wait=False)
    await turn.until(lambda turn: turn.text_shown)
    await turn.stop()
    words = fresh("still there?")
    after = await page.send(words, chat=turn, model=ECHO)
    assert after.stored_text == f"You said: {words}"
