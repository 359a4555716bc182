"""A page in German: the person reads what we write in German, live and after a reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.paged import ask_by_address, opened_page

pytestmark = [pytest.mark.host, pytest.mark.browser("0.6.28")]


@pytest.fixture
def german(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator in a browser whose language is German."""
    with opened_page(host, width=1000, language="de-DE") as page:
        yield page


def test_german_page_shows_german_statuses_and_cards(german: Page, host: InstalledHost) -> None:
    answer = ask_by_address(german, host, "openrouter.sim/slow-start-10", fresh("Hallo"))
    expect(answer).to_contain_text("Denkt nach\u2026")
    expect(answer).to_contain_text("Tokens gesamt: ")
    expect(answer).to_contain_text("Zeit: ")
    german.reload()
    expect(german.locator(".chat-assistant").last).to_contain_text("Tokens gesamt: ")
    failed = ask_by_address(german, host, "openrouter.sim/error-402", fresh("Hallo"))
    expect(failed).to_contain_text("Das Guthaben bei OpenRouter reicht")
    expect(failed).to_contain_text("Fehler-ID: ")
    expect(failed).not_to_contain_text("Error id")
