"""Error cards in the real page, as upstream's failures make them: the built-in ones, and one of the administrator's.

Open WebUI 0.12 shows them in its error box, older versions as text unless the answer has text already.
"""

import asyncio
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from entrypoints.devhost.admin import HostAdmin
from tests.hosts.installed import RARELY_OPEN, InstalledHost, error_ids, install
from tests.hosts.paged import ask_by_address, opened_page

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12")]

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "cards"
COLOURS = 24
PLAIN, OWN, BROKEN = "plaincards", "owncards", "brokencards"
CARD = """### Please wait a moment
{{#if retry_after_seconds}}
Send the message again in **{retry_after_seconds} seconds**.
{{/if}}
{{#if required_cost}}
It would have cost {required_cost}.
{{/if}}

- Model: `{model}`
- {provider} said: {upstream_message}
- Error id: `{error_id}`

Questions? {support_email}"""
BASICS = {"HTTP_TOTAL_TIMEOUT_SECONDS": 3, "SUPPORT_EMAIL": "help@example.com"}
DEFECT = """
import sys as _sys

_EMBEDDED.root = _EMBEDDED.root.replace("openrouter_pipe_", "openrouter_pipe_with_a_defect_")
_service = Core.service


async def _with_a_defect(self):
    service = await _service(self)
    root = type(service).__module__.partition(".entrypoints.")[0]
    client = _sys.modules[f"{root}.adapters.openrouter.client"].AioResponsesClient

    def attempt(*_):
        raise KeyError("a defect")

    client.attempt = attempt
    return service


Core.service = _with_a_defect
"""
"""Makes one load of the function, which it shares with no equal file, fail by itself: upstream never does."""
HOSTILE = (
    "See [a](https://evil.example) ![p](https://evil.example/p.png) or <img src=evil onerror=x>",
    "See https://evil.example or www.evil.example or x@evil.example",
    r"See $x$ and \(y\) and \[z\] and **b** and `c` and [w] and {model}",
)
SCENES = {
    "key": ("error-401", ("OpenRouter did not accept the API key.", "help@example.com")),
    "credits": ("error-402-amounts", ("The request needs $0.25; the account has -$0.02.", "Add credits")),
    "key-limit": ("error-403-key-limit", ("The spending limit of the API key is used up.",)),
    "rate-limit": ("error-429-after-90", ("Too many requests were sent to this model.", "in 2 minutes")),
    "provider": ("error-502", ("The provider failed.", "Simulator: ")),
    "moderation": ("error-403", ("moderation blocked this request.", "It objects to:", "violence")),
    "privacy": ("error-404-privacy", ("No provider of this model matches the privacy settings.", "ZDR_ENFORCE")),
    "length": ("error-400-length", ("at most 256,000 tokens, the answer included, and writes at most 64,000",)),
    "time-out": ("slow-start-10", ("No answer came within the time allowed.", "The limit is 3 seconds.")),
    "cut": ("cut-5", ("The connection broke before the answer was complete.", "press Continue")),
}
"""The scenario of each picture, and what its card says."""


@pytest.fixture
def chromium(host: InstalledHost) -> Iterator[Page]:
    """Yield a page of the administrator; the functions are installed before Chromium starts."""
    asyncio.run(_prepare(host))
    with opened_page(host, width=760) as page:
        yield page
    asyncio.run(_clear(host))


def test_person_reads_one_card_for_every_failure(chromium: Page, host: InstalledHost, tmp_path: Path) -> None:
    for name, (scenario, words) in SCENES.items():
        answer = _ask(chromium, host, f"{PLAIN}.sim/{scenario}", words)
        _keep(answer, name, host, tmp_path)
    answer = _ask(chromium, host, f"{BROKEN}.sim/echo", ("An unexpected error occurred inside the pipe.",))
    expect(answer).not_to_contain_text("a defect")
    _keep(answer, "internal", host, tmp_path)


def test_person_reads_the_administrators_card(chromium: Page, host: InstalledHost, tmp_path: Path) -> None:
    model = f"{OWN}.sim/error-429-after-90"
    words = ("Please wait a moment", "in 90 seconds", "Model: sim/error-429-after-90", "Simulator said: sim/error-429")
    answer = _ask(chromium, host, model, words)
    for sign in ("{", "#", "**", "`", "It would have cost", "Too many requests were sent"):
        expect(answer).not_to_contain_text(sign)
    assert len(set(error_ids(answer.inner_text()))) == 1
    _keep(answer, "own", host, tmp_path)
    other = _ask(chromium, host, f"{OWN}.sim/error-502", ("The provider failed.",))
    expect(other).not_to_contain_text("Please wait a moment")


def test_foreign_text_on_a_card_stays_text(chromium: Page, host: InstalledHost) -> None:
    """The excerpt that moderation objects to is the person's own message, so any text can be tried."""
    for said in HOSTILE:
        answer = _ask(chromium, host, f"{OWN}.sim/error-403", ("You said: See", said.rpartition(" ")[2]), said)
        assert _letters(said) in _letters(answer.inner_text())
        expect(answer.locator("[href*=evil], img[src*=evil], [onerror], .katex, strong, code, li")).to_have_count(0)


def _letters(text: str) -> str:
    """A text without blanks, also those without width."""
    return "".join(text.replace("\u200b", "").split())


def _ask(
    page: Page, host: InstalledHost, model: str, words: tuple[str, ...], question: str = "What do you say?"
) -> Locator:
    """Ask in a new chat, and wait for the card."""
    answer = ask_by_address(page, host, model, question)
    for said in words:
        expect(answer).to_contain_text(said)
    return answer


def _keep(answer: Locator, name: str, host: InstalledHost, folder: Path) -> None:
    """Keep a picture of a card, with few colours."""
    version = host.server.version.rpartition(".")[0]
    folder = PICTURES / version if os.environ.get("KEEP_SCREENSHOT") else folder
    folder.mkdir(parents=True, exist_ok=True)
    shot = answer.screenshot(style="[data-sonner-toaster] { display: none }")
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS)
    picture.save(folder / f"{name}.png", optimize=True)
    assert picture.height > 40


async def _prepare(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        valves = {**host.valves, **BASICS}
        await install(admin, host.source, {**valves, "ADVANCED": RARELY_OPEN}, function_id=PLAIN)
        quoting = "OPENROUTER_ERROR_TEMPLATE=You said: {flagged_excerpt}"
        own = f"{RARELY_OPEN}\nRATE_LIMIT_TEMPLATE=<<END\n{CARD}\nEND\n{quoting}"
        await install(admin, host.source, {**valves, "ADVANCED": own}, function_id=OWN)
        await install(admin, host.source + DEFECT, {**valves, "ADVANCED": RARELY_OPEN}, function_id=BROKEN)


async def _clear(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        for function_id in (PLAIN, OWN, BROKEN):
            await admin.delete_function(function_id)
