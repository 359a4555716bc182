"""What a person wishes to see of thinking and of tools, chosen in their own valves, in the real page."""

import asyncio
import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Locator, Page, expect

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.client import Json
from tests.hosts.installed import FUNCTION_ID, InstalledHost, fresh
from tests.hosts.paged import ask, ask_with_tools, new_chat, opened_page, say, unfold
from tests.hosts.tooled import install_tools, order

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12")]

THINKER = "openai/gpt-5.6-sol-pro"
THINKS = "sim/deltas-20-rate-10-thinking-40"
THOUGHT = re.compile(r"\bt\d+ t\d+\b")
"""Words of the simulated thinking."""
MARKER = re.compile(r"\[[0-9A-Z]{26}\]: #")
RESULTS = "The tools gave 2 results: 42 | Error: RuntimeError: no disk"


@pytest.fixture
def wishes(request: pytest.FixtureRequest, host: InstalledHost) -> Iterator[dict[str, str]]:
    """Store the person's own valves before Chromium starts, and remove them again."""
    asyncio.run(_choose(host, request.param))
    yield request.param
    asyncio.run(_choose(host, {}))


@pytest.fixture
def chromium(host: InstalledHost, wishes: dict[str, str]) -> Iterator[Page]:
    """Yield a page of the person who chose them."""
    del wishes
    with opened_page(host) as page:
        host.simulator.set_override(THINKER, THINKS)
        yield page
        host.simulator.set_override(THINKER, None)


@pytest.mark.parametrize(
    "wishes",
    [{"THINKING_OUTPUT_MODE": mode} for mode in ("open_webui", "status", "both")],
    ids=lambda stored: stored["THINKING_OUTPUT_MODE"],
    indirect=True,
)
def test_thinking_shows_where_the_person_wants_it_and_goes_back_to_the_model(
    chromium: Page, host: InstalledHost, wishes: dict[str, str]
) -> None:
    mode = wishes["THINKING_OUTPUT_MODE"]
    new_chat(chromium, host, f"{FUNCTION_ID}.{THINKER}")
    answer = say(chromium, "Think.")
    if mode == "open_webui":
        expect(answer).to_contain_text("Thinking...")
        expect(answer).not_to_contain_text(THOUGHT)  # the box is folded
    else:
        expect(answer).to_contain_text(THOUGHT)
    expect(answer).to_contain_text("w19")
    expect(answer).to_contain_text("Time: ")
    expect(answer).not_to_contain_text(THOUGHT)
    chromium.reload()
    expect(answer).to_contain_text("w19")
    if mode != "status":
        unfold(answer.get_by_text(re.compile("Thought for")), answer.get_by_text("t38 t39"))
    assert not MARKER.search(answer.inner_text())
    again = fresh("And now?")
    ask(chromium, again)
    assert "reasoning" in _types_sent(host, again)


@pytest.mark.parametrize(
    "wishes",
    [
        {"SHOW_TOOL_CARDS": "true"},
        {"SHOW_TOOL_CARDS": "false"},
        {"SHOW_TOOL_CARDS": "false", "THINKING_OUTPUT_MODE": "status"},
    ],
    ids=["cards", "no cards", "neither"],
    indirect=True,
)
def test_tools_run_with_or_without_cards_and_their_calls_go_back_to_the_model(
    chromium: Page, host: InstalledHost, wishes: dict[str, str]
) -> None:
    cards = wishes["SHOW_TOOL_CARDS"] == "true"
    orders = (order("add", {"a": 20, "b": 22}), order("fail", {"reason": "no disk"}))
    answer = ask_with_tools(chromium, host, "Do it.", *orders)
    expect(answer).to_contain_text(RESULTS)
    for _ in ("live", "after a reload"):
        assert bool(_cards(answer)) is cards
        assert not MARKER.search(answer.inner_text())
        chromium.reload()
        expect(answer).to_contain_text(RESULTS)
    again = fresh("And now?")
    ask(chromium, again)
    sent = _types_sent(host, again)
    assert sent.count("function_call") == sent.count("function_call_output") == 2
    assert "reasoning" in sent


def _cards(answer: Locator) -> int:
    """Return how many calls the answer shows, unfolded; what is folded without cards is the thinking."""
    results = answer.get_by_text("View Result from")
    if answer.get_by_text("Explored").count():
        unfold(answer.get_by_text("Explored"), results.or_(answer.get_by_text(re.compile("^Thought"))).first)
    return results.count()


def _types_sent(host: InstalledHost, words: str) -> list[str]:
    body = host.asked(words)[0].body
    items: list[Json] = body["input"] if isinstance(body, dict) else []
    return [str(item["type"]) for item in items]


async def _choose(host: InstalledHost, values: Mapping[str, str]) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        await install_tools(admin)
        await admin.request("POST", f"/api/v1/functions/id/{FUNCTION_ID}/valves/user/update", dict(values))
