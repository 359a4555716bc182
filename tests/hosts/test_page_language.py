"""A page in German: the person reads what we write in German, live and after a reload."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.paged import opened_page

pytestmark = [pytest.mark.host, pytest.mark.browser("0.6.28")]


@pytest.fixture
def german(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator in a browser whose language is German."""
    with opened_page(host, width=1000, language="de-DE") as page:
        yield page


def test_german_page_shows_german_statuses_and_cards(german: Page, host: InstalledHost) -> None:
    answer = _ask(german, host, "sim/slow-start-10")
    expect(answer).to_contain_text("Denkt nach\u2026")
    expect(answer).to_contain_text("Tokens gesamt: ")
    expect(answer).to_contain_text("Zeit: ")
    german.reload()
    expect(german.locator(".chat-assistant").last).to_contain_text("Tokens gesamt: ")
    failed = _ask(german, host, "sim/error-402")
    expect(failed).to_contain_text("Das Guthaben bei OpenRouter reicht")
    expect(failed).to_contain_text("Fehler-ID: ")
    expect(failed).not_to_contain_text("Error id")


def _ask(page: Page, host: InstalledHost, model: str) -> Locator:
    """Ask in a new chat; return the locator of the answer."""
    question = fresh("Hallo")
    page.goto(f"{host.url}/?{urlencode({'models': f'openrouter.{model}', 'q': question})}")
    box, answer = page.locator("#chat-input"), page.locator(".chat-assistant").last
    expect(box.filter(has_text=question).or_(answer)).to_be_visible()
    if not answer.count():  # 0.11 sends what the address asks; other versions only type it
        box.press("Enter")
    return answer
