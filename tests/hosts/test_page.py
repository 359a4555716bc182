"""The real page in Chromium."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat
from tests.hosts.installed import InstalledHost

pytestmark = [pytest.mark.host, pytest.mark.browser]

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SCREENSHOT = Path(__file__).resolve().parents[2] / "docs" / "screenshot.png"
PAGE_MILLISECONDS = 30_000
MODEL = "openrouter.sim/thinking"
QUESTION = "Which of the two readings is right?"


@pytest.fixture
def expected(host: InstalledHost) -> str:
    """Return what the model says to an API client, which the page must show too."""
    return asyncio.run(_answer_of(host))


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Give a page in which the administrator is signed in and has read what is new in this version."""
    asyncio.run(_mark_news_as_read(host))  # before Chromium: the driver keeps a loop running in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 560})
        page.set_default_timeout(PAGE_MILLISECONDS)
        page.add_init_script(f"localStorage.token = '{host.admin.token}'")
        yield page
        browser.close()


def test_person_types_a_message_and_reads_the_streamed_answer(
    expected: str, chromium: Page, host: InstalledHost, tmp_path: Path
) -> None:
    chromium.goto(f"{host.url}/?models={MODEL}")
    box = chromium.locator("#chat-input")
    box.click()
    box.press_sequentially(QUESTION)
    box.press("Enter")
    answer = chromium.locator(".chat-assistant").last
    expect(answer).to_contain_text(expected, timeout=PAGE_MILLISECONDS)
    chromium.get_by_label("Copy", exact=True).last.wait_for()  # the buttons below an answer appear at its end
    path = SCREENSHOT if os.environ.get("KEEP_SCREENSHOT") else tmp_path / "screenshot.png"
    chromium.screenshot(path=path)
    assert path.stat().st_size > 10_000


async def _mark_news_as_read(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        settings = {"ui": {"version": admin.version}}
        await admin.request("POST", "/api/v1/users/user/settings/update", settings)


async def _answer_of(host: InstalledHost) -> str:
    async with HostAdmin(host.url, host.admin) as admin:
        _, completion = await plain_chat(admin, MODEL, QUESTION)
    return str(completion["choices"][0]["message"]["content"]).strip()
