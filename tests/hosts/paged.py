"""The page of a running host in Chromium: opened by the administrator, asked with files from the person's disk."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect, sync_playwright

from entrypoints.devhost.admin import HostAdmin
from tests.hosts.installed import InstalledHost
from tests.hosts.tooled import TOOLS

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PAGE_MILLISECONDS = 30_000
expect.set_options(timeout=PAGE_MILLISECONDS)
WITH_TOOLS = "openrouter.sim/thoughtful-tools"
PICTURES = (".png", ".jpg")
TRIES = 10


@contextmanager
def opened_page(
    host: InstalledHost, *, width: int = 800, height: int = 700, language: str | None = None
) -> Iterator[Page]:
    """Open a page of the administrator, who has dismissed the release notes and lets models call tools.

    Chromium's driver keeps an event loop running in this thread: what needs one of its own comes before.
    """
    asyncio.run(_mark_news_as_read(host))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height}, locale=language)
        page.set_default_timeout(PAGE_MILLISECONDS)
        page.add_init_script(f"localStorage.token = '{host.admin.token}'")
        yield page
        browser.close()


def new_chat(page: Page, host: InstalledHost, model: str) -> None:
    """Open a new chat with a model."""
    page.goto(f"{host.url}/?{urlencode({'models': model})}")
    expect(page.locator("#chat-input")).to_be_visible()


def ask_with_tools(page: Page, host: InstalledHost, *lines: str) -> Locator:
    """Ask in a new chat with all tools selected; return the locator of the answer."""
    query = urlencode({"models": WITH_TOOLS, "tools": ",".join(TOOLS), "q": "\n".join(lines)})
    page.goto(f"{host.url}/?{query}")
    box, answer = page.locator("#chat-input"), page.locator(".chat-assistant").last
    expect(box.filter(has_text=lines[-1].partition(" ")[0]).or_(answer)).to_be_visible()
    if not answer.count():  # 0.11 sends what the address asks; other versions only type it
        box.press("Enter")
    return answer


def ask(page: Page, text: str, *files: Path) -> Locator:
    """Choose files, type a message that is new in the chat and send it; return the answer once it has ended."""
    if files:
        _choose(page, files)
    box = page.locator("#chat-input")
    box.click()
    box.press_sequentially(text)
    asked = page.locator(".chat-user").filter(has_text=text)
    for _ in range(TRIES):  # the page sends nothing while it uploads
        box.press("Enter")
        with suppress(AssertionError):
            expect(asked).to_be_visible(timeout=PAGE_MILLISECONDS / TRIES)
            break
    expect(asked).to_be_visible()
    answer = page.locator(".chat-assistant").last
    expect(answer).to_contain_text("Time: ")
    expect(page.get_by_label("Stop", exact=True)).to_have_count(0)
    return answer


def _choose(page: Page, files: Sequence[Path]) -> None:
    """Upload files as a person does: with the menu of the message box."""
    menu = page.locator("#input-menu-button")
    (menu if menu.count() else page.locator("form button").first).click()  # 0.6 has no name for it
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Upload Files", exact=True).click()
    chooser.value.set_files(files)
    form = page.locator("form")
    expect(form.locator("img")).to_have_count(sum(file.suffix in PICTURES for file in files))
    for file in files:
        if file.suffix not in PICTURES:
            expect(form.get_by_text(file.name)).to_be_visible()


async def _mark_news_as_read(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        native = {"function_calling": "native"}  # up to 0.8 the host otherwise describes tools in the prompt
        no_title = {"auto": False}  # from 0.10 on its write can undo that of the answer: SQLite has no lock for both
        settings = {"ui": {"version": admin.version, "params": native, "title": no_title}}
        await admin.request("POST", "/api/v1/users/user/settings/update", settings)
