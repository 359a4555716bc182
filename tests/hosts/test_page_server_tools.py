"""Tools that upstream runs, in the real page: their progress, what they brought, both again after a reload.

One chat meets every family, so each message shows that the answers before it are accepted upstream.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.paged import ask_by_address, opened_page, say, unfold

pytestmark = [pytest.mark.host, pytest.mark.browser("0.6.28")]

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "server_tools"
MODEL = "openai/gpt-5.6-sol-pro"
TEXT = "The bridge is red."
FAMILIES: dict[str, tuple[str, str | re.Pattern[str]]] = {
    "web-search": ("Searched the web for red bridges", ""),
    "fetch": ("Read example.com", "Red bridges are rare."),
    "datetime": ("Looked up the time: 2026-08-01T09:30:00+08:00 Australia/Perth", ""),
    "image": ("Drew a picture: a red bridge", ""),
    "code": ("Ran Python code", "print(total)"),
    "shell": ("Ran a command: ls -1 (exit code 0)", "3 bridges.txt"),
    "bash": ("Ran a command: cat bridges.txt (exit code 0)", "old"),
    "patch": ("Wrote a patch for bridge.py", "+red = True"),
    "files": ("Read the file bridges.txt", "old"),
    "mcp": ("Called bridges: find_bridge", ""),
    "models": ("Searched the models for cheap and fast", ""),
    "advisor": ("Asked sim/echo for advice", "It is red on both sides."),
    "subagent": ("A subagent worked on: count", "There are three."),
    "fusion": ("Asked 3 models", "It was blue once."),
    "memory": ("Saved in memory: colour", re.compile("^red$")),
    "tool-search": ("Searched the tools for bridge", "find_bridge"),
    "text-editor": ("Viewed /bridge.py", ""),
    "browser": ("Used the browser: screenshot", ""),
    "armor": ("Blocked a tool call: delete_bridge", "A page asked for it, not the person."),
}
"""The line of each family once it has ended, and a part of the block it leaves; empty if it leaves none."""
WITH_PICTURE = ("image", "code", "browser")
SOURCES = {"web-search": "2 Sources", "fetch": "1 Source", "fusion": "1 Source"}


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator, who has dismissed the release notes."""
    with opened_page(host, height=900) as page:
        yield page
    host.simulator.set_override(MODEL, None)


def test_person_reads_what_server_tools_do_and_did_and_the_chat_goes_on(
    chromium: Page, host: InstalledHost, tmp_path: Path
) -> None:
    folder = PICTURES if os.environ.get("KEEP_SCREENSHOT") else tmp_path
    question = fresh("Use a tool.")
    answers = chromium.locator(".chat-assistant")
    host.simulator.set_override(MODEL, "sim/server-web-search-pause-0p7")
    ask_by_address(chromium, host, f"openrouter.{MODEL}", question)
    expect(answers.last).to_contain_text("Searching the web\u2026")
    expect(answers.last).to_contain_text(TEXT)
    for family in FAMILIES:
        host.simulator.set_override(MODEL, f"sim/server-{family}")
        expect(chromium.get_by_label("Stop", exact=True)).to_have_count(0)
        say(chromium, f"Use {family}.")
        _shows(answers.last, family)
        answers.last.screenshot(path=folder / f"{family}.png")
        chromium.reload()
        expect(chromium.locator(".chat-user").last).to_contain_text(f"Use {family}.")
        _shows(answers.last, family)
    again = fresh("And now?")
    expect(chromium.get_by_label("Stop", exact=True)).to_have_count(0)
    expect(say(chromium, again)).to_contain_text(TEXT)
    sent = host.asked(again)[0].body
    assert question in str(sent)
    said = [item["content"] for item in sent["input"] if item.get("role") == "assistant"]
    assert [TEXT in content for content in said] == [True] * (len(FAMILIES) + 1)
    assert not [item for item in sent["input"] if item["type"].startswith("function_call")]
    assert not any(written in str(sent["input"]) for written in ("use_0", "<details", "&quot;"))


def _shows(answer: Locator, family: str) -> None:
    """Expect the line, the sources, the picture and the block of a family; leave line and block open."""
    line, block = FAMILIES[family]
    expect(answer).to_contain_text(TEXT)
    expect(answer).to_contain_text(SOURCES.get(family, "1 Source"))
    expect(answer.page.get_by_label("Stop", exact=True)).to_have_count(0)
    unfold(answer.get_by_text("Time: ").first, answer.get_by_text(line).first)
    if family in WITH_PICTURE:
        expect(answer.locator('img[src*="/api/v1/files/"]')).to_be_visible()
    if block:
        result = answer.get_by_text("View Result from").or_(answer.get_by_text("Analyzed", exact=True)).first
        unfold(result, answer.get_by_text(block).first)
