"""A picture that a model drew, in the real page: visible while it is answered and after a reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from entrypoints.simulator.scenarios.streams import AFTER, BEFORE
from tests.hosts.installed import InstalledHost
from tests.hosts.paged import ask, new_chat, opened_page

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12", "0.6.28")]

PICTURE = 'img[src*="/api/v1/files/"]'


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    with opened_page(host) as page:
        yield page


def test_person_sees_the_picture_and_sees_it_again_after_a_reload(chromium: Page, host: InstalledHost) -> None:
    new_chat(chromium, host, "openrouter.sim/drawing")
    _shows_the_picture(ask(chromium, "Draw a bridge."))
    chromium.reload()
    _shows_the_picture(chromium.locator(".chat-assistant").last)


def _shows_the_picture(answer: Locator) -> None:
    expect(answer).to_contain_text(AFTER)
    expect(answer).to_contain_text(BEFORE)
    picture = answer.locator(PICTURE)
    expect(picture).to_have_count(1)
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 8)
