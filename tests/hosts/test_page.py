"""The real page in Chromium."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.hosts.installed import InstalledHost

pytestmark = [pytest.mark.host, pytest.mark.browser]

CHROMIUM = "/usr/bin/chromium"
SCREENSHOT = Path(__file__).resolve().parents[2] / "docs" / "screenshot.png"
PAGE_MILLISECONDS = 30_000


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Give a page in which the administrator is signed in and has seen the news."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PAGE_MILLISECONDS)
        page.add_init_script(f"localStorage.token = '{host.admin.token}'")
        yield page
        browser.close()


def test_person_types_a_message_and_reads_the_streamed_answer(
    chromium: Page, host: InstalledHost, tmp_path: Path
) -> None:
    chromium.goto(f"{host.url}/?models=openrouter.sim/thinking")
    _close_news(chromium)
    box = chromium.locator("#chat-input")
    box.click()
    box.type("Does the whole way work?")
    box.press("Enter")
    answer = chromium.locator("[id^='message-'] .chat-assistant, .chat-assistant").last
    expect(answer).to_contain_text("Does the whole way work?", timeout=PAGE_MILLISECONDS)
    path = SCREENSHOT if os.environ.get("KEEP_SCREENSHOT") else tmp_path / "screenshot.png"
    chromium.screenshot(path=path)
    assert path.stat().st_size > 10_000


def _close_news(page: Page) -> None:
    """Close the note about a new version, which the page shows to administrators once."""
    button = page.get_by_role("button", name="Okay, Let's Go!")
    page.locator("#chat-input").wait_for()
    if button.is_visible():
        button.click()
