"""Results of tools in the real page: hostile ones stay text, a marked page is shown and works.

In a page: no script of a result ran, and no frame, link or picture has an address that runs something.
"""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from entrypoints.devhost.admin import HostAdmin
from tests.hostile_forms import ADDRESSES, TEXTS
from tests.hosts.installed import InstalledHost
from tests.hosts.test_page import CHROMIUM, PAGE_MILLISECONDS, _mark_news_as_read
from tests.hosts.tooled import install_tools, order

pytestmark = [pytest.mark.host, pytest.mark.browser]

MODEL = "openrouter.sim/thoughtful-tools"
FORMS = (
    *(ADDRESSES[name] for name in ("script", "mixed case", "script that names http", "page as data")),
    *(ADDRESSES[name] for name in ("page as plain data", "picture with scripts", "page called a picture", "file")),
)
MARKUP = tuple(TEXTS[name] for name in ("end of a fence", "end of an attribute", "frame with a page"))
BAD = """() => [...document.querySelectorAll('a[href], iframe, img[src], object, embed')].map(
    one => one.getAttribute('href') || one.getAttribute('srcdoc') || one.getAttribute('src') || '')
    .filter(url => /^[\\s\\u0000-\\u001f]*(javascript|vbscript|file|data:text|data:image.svg)/i.test(url)
        || /hurt|data:text/.test(url))"""


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator; the tools are installed before Chromium starts."""
    asyncio.run(_prepare(host))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.set_default_timeout(PAGE_MILLISECONDS)
        page.add_init_script(f"localStorage.token = '{host.admin.token}'")
        yield page
        browser.close()


def test_hostile_results_stay_text_in_the_page(chromium: Page, host: InstalledHost) -> None:
    chosen = [order("return_hostile", {"form": form}) for form in FORMS]
    chosen += [order("return_whole", {"form": form}) for form in (*FORMS[3:5], *MARKUP)]
    answer = _ask(chromium, host, "Try.", *chosen)
    expect(answer).to_contain_text(f"The tools gave {len(chosen)} results")
    for _ in range(2):
        answer = chromium.locator(".chat-assistant").last
        expect(answer).to_contain_text("Explored")
        answer.get_by_text("Explored").click()
        for result in answer.get_by_text("View Result from").all():
            result.click()
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
    box = page.locator("#chat-input")
    expect(box).to_contain_text(lines[-1].partition(" ")[0])
    box.press("Enter")
    return page.locator(".chat-assistant").last


async def _prepare(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        await install_tools(admin, ("hostile",))
    await _mark_news_as_read(host)
