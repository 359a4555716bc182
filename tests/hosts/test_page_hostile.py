"""Results of tools in the real page: hostile ones stay text, a marked page is shown and works.

In a page: no script of a result ran, and no frame, link or picture has an address that runs something.
"""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from entrypoints.devhost.admin import HostAdmin
from tests.hostile_forms import ADDRESSES, TEXTS
from tests.hosts.installed import InstalledHost
from tests.hosts.paged import ask_by_address, opened_page, unfold
from tests.hosts.tooled import SOURCES, order

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12")]

MODEL = "openrouter.sim/thoughtful-tools"
FORMS = [*ADDRESSES.values(), *TEXTS.values()]
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
        expect(chromium.get_by_label("Stop", exact=True)).to_have_count(0)
        results = answer.get_by_text("View Result from")
        if answer.get_by_text("Explored").count():  # 0.12 hides the results below it
            unfold(answer.get_by_text("Explored"), results.first)
        for result in results.all():
            result.click()
        assert results.count() == len(FORMS) + 1
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
    return ask_by_address(page, host, MODEL, "\n".join(lines), "hostile")


async def _prepare(host: InstalledHost) -> None:
    """Install the tools with the forms."""
    source = (SOURCES / "hostile.py").read_text("utf-8").replace("FORMS: list[str] = []", f"FORMS = {FORMS!r}")
    form = {"id": "hostile", "name": "Hostile", "content": source, "meta": {"description": "", "manifest": {}}}
    async with HostAdmin(host.url, host.admin) as admin:
        if "hostile" not in {tool["id"] for tool in await admin.request("GET", "/api/v1/tools/")}:
            await admin.request("POST", "/api/v1/tools/create", form)
