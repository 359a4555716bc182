"""The real page of a real host, in Chromium."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat
from tests.hosts.installed import InstalledHost
from tests.hosts.paged import ask_with_tools, new_chat, opened_page, say, unfold
from tests.hosts.tooled import install_tools, order

pytestmark = [pytest.mark.host, pytest.mark.browser]

SCREENSHOT = Path(__file__).resolve().parents[2] / "docs" / "screenshot.png"
MODEL = "openrouter.sim/thinking"
QUESTION = "Which of the two readings is right?"


@pytest.fixture
def expected(host: InstalledHost) -> str:
    """Return the model's answer to an API client, which the page must show too."""
    return asyncio.run(_answer_of(host))


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Yield a page in which the administrator is signed in and has dismissed the release notes."""
    with opened_page(host, width=1000, height=560) as page:
        yield page


def test_person_types_a_message_and_reads_the_streamed_answer(
    expected: str, chromium: Page, host: InstalledHost, tmp_path: Path
) -> None:
    new_chat(chromium, host, MODEL)
    answer = say(chromium, QUESTION)
    expect(answer).to_contain_text(expected)
    chromium.get_by_label("Copy", exact=True).last.wait_for()  # the buttons below an answer appear at its end
    path = SCREENSHOT if os.environ.get("KEEP_SCREENSHOT") else tmp_path / "screenshot.png"
    chromium.screenshot(path=path)
    assert path.stat().st_size > 10_000


@pytest.fixture
def tools(host: InstalledHost) -> None:
    """Install the tools in the host, before Chromium starts."""
    asyncio.run(_install_tools(host))


@pytest.mark.usefixtures("tools")
def test_tools_of_several_rounds_are_shown_running_then_done_with_their_results_and_again_after_reload(
    chromium: Page, host: InstalledHost, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    lines = (
        order("add", {"a": 20, "b": 22}),
        order("fail", {"reason": "no disk"}),
        order("wait_for_file", {"path": str(go)}, first=2),
        order("return_sources", first=2),
        order("return_image", first=3),
    )
    answer = ask_with_tools(chromium, host, "Do it.", *lines)
    expect(answer).to_contain_text(re.compile(r"Exploring.*add, fail, wait_for_file"))
    expect(answer).not_to_contain_text("Explored")
    go.touch()
    expect(answer).to_contain_text("The tools gave 5 results: 42")
    _shows_what_tools_did(answer)
    chromium.reload()
    _shows_what_tools_did(chromium.locator(".chat-assistant").last)


@pytest.mark.usefixtures("tools")
def test_tools_of_a_stopped_answer_are_shown_as_ended_and_the_chat_continues(
    chromium: Page, host: InstalledHost, tmp_path: Path
) -> None:
    waiting = order("wait_for_file", {"path": str(tmp_path / "never")}, first=2)
    answer = ask_with_tools(chromium, host, "Stop it.", order("add", {"a": 20, "b": 22}), waiting)
    expect(answer).to_contain_text("wait_for_file")
    chromium.get_by_label("Stop", exact=True).click()
    expect(answer).to_contain_text("Explored")
    chromium.reload()
    expect(chromium.locator(".chat-assistant").last).to_contain_text("Explored")
    expect(say(chromium, "And now?")).to_contain_text("The tools gave 0 results")


def _shows_what_tools_did(answer: Locator) -> None:
    """Expect that the page shows the calls of all rounds with their results, the sources and the picture."""
    header = answer.get_by_text("Explored")
    expect(header).to_be_visible()
    expect(answer.page.get_by_label("Stop", exact=True)).to_have_count(0)
    expect(answer).not_to_contain_text("Exploring")
    expect(answer).to_contain_text("2 Sources")
    expect(answer.locator('img[src*="/api/v1/files/"]')).to_be_visible()
    unfold(header, answer.get_by_text("View Result from add"))
    for name in ("add", "fail", "wait_for_file", "return_sources", "return_image"):
        expect(answer.get_by_text(f"View Result from {name}")).to_be_visible()
    expect(answer.locator('[class*="text-red"]')).to_have_count(2)  # the failed call, and the line above all calls
    unfold(answer.get_by_text("View Result from fail"), answer.get_by_text("Error: RuntimeError: no disk").last)


async def _install_tools(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        await install_tools(admin)


async def _answer_of(host: InstalledHost) -> str:
    async with HostAdmin(host.url, host.admin) as admin:
        _, completion = await plain_chat(admin, MODEL, QUESTION)
    return str(completion["choices"][0]["message"]["content"]).strip()
