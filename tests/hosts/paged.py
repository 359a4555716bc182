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
PAGE_MILLISECONDS = 90_000
"""How long a page may take: a busy machine draws an answer many times as slowly as a quiet one."""
expect.set_options(timeout=PAGE_MILLISECONDS)
WITH_TOOLS = "openrouter.sim/thoughtful-tools"
PICTURES = (".png", ".jpg")
TRIES = 30


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


def ask_by_address(page: Page, host: InstalledHost, model: str, question: str, *tools: str) -> Locator:
    """Ask in a new chat as a link does, by the page's address; return the locator of the answer."""
    query = {"models": model, "q": question} | ({"tools": ",".join(tools)} if tools else {})
    page.goto(f"{host.url}/?{urlencode(query)}")
    typed = page.locator("#chat-input").filter(has_text=question.split(maxsplit=1)[0])
    expect(typed.or_(page.locator(".chat-user")).first).to_be_visible()
    _send(page, page.locator(".chat-user").first)  # 0.11 sends it by itself, other versions only type it
    return page.locator(".chat-assistant").last


def ask_with_tools(page: Page, host: InstalledHost, *lines: str) -> Locator:
    """Ask in a new chat with all tools selected; return the locator of the answer."""
    return ask_by_address(page, host, WITH_TOOLS, "\n".join(lines), *TOOLS)


def say(page: Page, text: str) -> Locator:
    """Type a message that is new in the chat and send it; return the locator of the answer."""
    box = page.locator("#chat-input")
    box.click()
    box.press_sequentially(text)
    _send(page, page.locator(".chat-user").filter(has_text=text))
    return page.locator(".chat-assistant").last


def ask(page: Page, text: str, *files: Path) -> Locator:
    """Choose files and say a text that is new in the chat; return the locator of the answer once it has ended."""
    if files:
        _choose(page, files)
    answer = say(page, text)
    expect(answer).to_contain_text("Time: ")
    expect(page.get_by_label("Stop", exact=True)).to_have_count(0)
    return answer


def unfold(fold: Locator, content: Locator) -> None:
    """Click on `fold` until `content` is shown.

    A page that draws an answer again, as it does at the end of a turn, folds what was unfolded just before.
    """
    for _ in range(TRIES):
        if content.is_visible():
            return
        fold.click()
        with suppress(AssertionError):
            expect(content).to_be_visible(timeout=PAGE_MILLISECONDS / TRIES)
    expect(content).to_be_visible()


def _send(page: Page, sent: Locator) -> None:
    """Press Enter until the message is in the chat: the page sends nothing while it loads or uploads."""
    for _ in range(TRIES):
        if sent.is_visible():
            return
        page.locator("#chat-input").press("Enter")
        with suppress(AssertionError):
            expect(sent).to_be_visible(timeout=PAGE_MILLISECONDS / TRIES)
    expect(sent).to_be_visible()


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
