"""A picture that a model drew, in the real page: visible while it is answered and after a reload."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from entrypoints.devhost.admin import HostAdmin
from entrypoints.simulator.scenarios.streams import AFTER, BEFORE
from tests.hosts.installed import InstalledHost
from tests.hosts.test_page import CHROMIUM, PAGE_MILLISECONDS

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12", "0.6.28")]

PICTURE = 'img[src*="/api/v1/files/"]'


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator, who has dismissed the release notes."""
    asyncio.run(_mark_news_as_read(host))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 800, "height": 700})
        page.set_default_timeout(PAGE_MILLISECONDS)
        page.add_init_script(f"localStorage.token = '{host.admin.token}'")
        yield page
        browser.close()


def test_person_sees_the_picture_and_sees_it_again_after_a_reload(chromium: Page, host: InstalledHost) -> None:
    chromium.goto(f"{host.url}/?models=openrouter.sim/drawing")
    box = chromium.locator("#chat-input")
    box.click()
    box.press_sequentially("Draw a bridge.")
    box.press("Enter")
    _shows_the_picture(chromium.locator(".chat-assistant").last)
    expect(chromium.get_by_label("Stop", exact=True)).to_have_count(0)
    chromium.reload()
    _shows_the_picture(chromium.locator(".chat-assistant").last)


def _shows_the_picture(answer: Locator) -> None:
    expect(answer).to_contain_text(AFTER)
    expect(answer).to_contain_text(BEFORE)
    picture = answer.locator(PICTURE)
    expect(picture).to_have_count(1)
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 8)


async def _mark_news_as_read(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        settings = {"ui": {"version": admin.version}}
        await admin.request("POST", "/api/v1/users/user/settings/update", settings)
