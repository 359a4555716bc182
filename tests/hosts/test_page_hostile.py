"""Results of tools in the real page: hostile ones stay text, a marked page is shown and works.

In a page: no script of a result ran, and no frame, link or picture has an address that runs something.
"""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from entrypoints.devhost.admin import HostAdmin
from tests.hostile_forms import ADDRESSES, TEXTS
from tests.hosts.installed import InstalledHost
from tests.hosts.paged import opened_page
from tests.hosts.tooled import SOURCES, order

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12")]

MODEL = "openrouter.sim/thoughtful-tools"
FORMS = [*ADDRESSES.values(), *TEXTS.values()]
WRITTEN = """() => document.querySelector('.chat-assistant')
    || (document.querySelector('#chat-input')?.innerText ?? '').includes('CALL')"""
BAD = """() => {
    const addresses = [...document.querySelectorAll('a[href], iframe, img[src], object, embed, form[action]')].flatMap(
        one => ['href', 'srcdoc', 'src', 'data', 'action'].map(name => one.getAttribute(name)).filter(url => url));
    const runs = url => {
        try { url = new URL(url, document.baseURI).href } catch { return false }
        return !/^(https?:|mailto:|data:image\\/(png|jpeg|gif|webp)[;,])/.test(url);
    };
    const acting = [...document.querySelectorAll('.chat-assistant *')].flatMap(one => [...one.attributes]
        .filter(attribute => /^on/.test(attribute.name) && /hurt/.test(attribute.value)).map(found => found.value));
    const framed = [...document.querySelectorAll('iframe[srcdoc]')].map(one => one.getAttribute('srcdoc'));
    return [...addresses.filter(runs), ...acting, ...framed];
}"""
"""Every address that the browser itself would follow somewhere else than to a site or a picture, and every handler.

Sites whose names look odd are no fault here: the model quotes all forms, and hosts make links of its words.
"""


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator; the tools are installed before Chromium starts."""
    asyncio.run(_prepare(host))
    with opened_page(host, width=1000, height=800) as page:
        yield page


def test_hostile_results_stay_text_in_the_page(chromium: Page, host: InstalledHost) -> None:
    every_form = order("return_one", '{"number": #}', times=len(FORMS))
    answer = _ask(chromium, host, "Try.", order("return_hostile"), every_form)
    expect(answer).to_contain_text(f"The tools gave {len(FORMS) + 1} results")
    for _ in range(2):
        answer = chromium.locator(".chat-assistant").last
        expect(answer).to_contain_text("The tools gave")
        for heading in ("Explored", "View Result from"):  # 0.12 hides the results below the first
            for closed in answer.get_by_text(heading).all():
                closed.click()
        assert answer.get_by_text("View Result from").count() == len(FORMS) + 1
        assert chromium.evaluate(BAD) == []
        assert [frame.url for frame in chromium.frames if frame.url.startswith(("data:", "javascript:"))] == []
        assert not any(frame.evaluate("window.hurt") for frame in chromium.frames)
        assert answer.locator("iframe").count() == 0
        chromium.reload()


def test_a_page_that_a_tool_marked_is_shown_and_works(chromium: Page, host: InstalledHost) -> None:
    answer = _ask(chromium, host, "Show it.", order("show_page"))
    expect(answer).to_contain_text("The tools gave 1 results")
    for _ in range(2):
        answer = chromium.locator(".chat-assistant").last
        expect(answer.locator("iframe").first.content_frame.locator("#made")).to_have_text("page works")
        chromium.reload()


def _ask(page: Page, host: InstalledHost, *lines: str) -> Locator:
    """Ask in a new chat with the hostile tools selected; return the locator of the answer."""
    page.goto(f"{host.url}/?{urlencode({'models': MODEL, 'tools': 'hostile', 'q': chr(10).join(lines)})}")
    page.wait_for_function(WRITTEN)
    if page.locator(".chat-assistant").count() == 0:  # hosts up to 0.8 send at once
        page.locator("#chat-input").press("Enter")
    return page.locator(".chat-assistant").last


async def _prepare(host: InstalledHost) -> None:
    """Install the tools with the forms."""
    source = (SOURCES / "hostile.py").read_text("utf-8").replace("FORMS: list[str] = []", f"FORMS = {FORMS!r}")
    form = {"id": "hostile", "name": "Hostile", "content": source, "meta": {"description": "", "manifest": {}}}
    async with HostAdmin(host.url, host.admin) as admin:
        if "hostile" not in {tool["id"] for tool in await admin.request("GET", "/api/v1/tools/")}:
            await admin.request("POST", "/api/v1/tools/create", form)
