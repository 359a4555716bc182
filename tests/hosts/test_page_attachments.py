"""Files that people attach in the real page: what the model gets of them, and what the page shows."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.hosts.attached import (
    DIRECT,
    asked_once,
    content_of,
    leaves_files_to_models,
    parts_of,
    pdf,
    png,
    wav,
    with_direct_uploads,
)
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.paged import ask, new_chat, opened_page, unfold

pytestmark = [pytest.mark.host, pytest.mark.browser("0.8.12", "0.6.28")]

DOCS = Path(__file__).resolve().parents[2] / "docs" / "media"
MODEL = "openrouter.sim/media"
DEAF = "openai/gpt-4o-mini"
"""A model that takes pictures and files and no sound."""


@pytest.fixture
def page(host: InstalledHost) -> Iterator[Page]:
    with opened_page(host) as page:
        yield page


@pytest.fixture(scope="module")
def direct(host: InstalledHost) -> Iterator[None]:
    with with_direct_uploads(host, DEAF):
        yield


def test_a_picture_arrives_as_it_is_and_again_with_the_next_message(
    page: Page, host: InstalledHost, tmp_path: Path
) -> None:
    bridge, fish = stored(tmp_path / "bridge.jpg", png("bridge")), stored(tmp_path / "fish.png", png("fish"))
    first, second, third = fresh("What is this?"), fresh("And this?"), fresh("What about the first picture?")
    new_chat(page, host, MODEL)
    expect(ask(page, first, bridge)).to_contain_text(said_of(bridge))
    assert pictures(host, first) == [("image/png", bridge.read_bytes())]  # whatever its name says
    ask(page, second, fish)
    answer = ask(page, third)
    expect(answer).to_contain_text(said_of(bridge))
    expect(answer).to_contain_text(said_of(fish))
    assert pictures(host, third) == [("image/png", bridge.read_bytes()), ("image/png", fish.read_bytes())]


def test_a_picture_that_cannot_be_sent_is_named_above_the_answer_after_its_end_too(
    page: Page, host: InstalledHost, tmp_path: Path
) -> None:
    broken, fish = stored(tmp_path / "broken.png", png("fish")[:200]), stored(tmp_path / "fish.png", png("fish"))
    words = "What do they show?"
    new_chat(page, host, MODEL)
    answer = ask(page, words, broken, fish)
    name = "a picture" if host.server.version.startswith("0.6.") else "broken.png"  # 0.6 keeps no name
    expect(answer).to_contain_text(f"Left out: {name} (damaged or incomplete). | Time: ")
    expect(answer).to_contain_text(said_of(fish))
    folder = DOCS if os.environ.get("KEEP_SCREENSHOT") else tmp_path
    answer.screenshot(path=folder / "left_out.png")
    page.reload()
    expect(page.locator(".chat-assistant").last).to_contain_text(f"Left out: {name} (damaged or incomplete).")
    assert pictures(host, words) == [("image/png", fish.read_bytes())]


def test_a_document_is_read_by_the_host_and_cited_once(page: Page, host: InstalledHost, tmp_path: Path) -> None:
    fact, words = fresh("The bridge is forty metres long"), fresh("How long is the bridge?")
    new_chat(page, host, MODEL)
    answer = ask(page, words, stored(tmp_path / "report.pdf", pdf(fact)))
    read_by_host(host, answer, words, fact)


@pytest.mark.usefixtures("direct")
def test_a_document_goes_to_the_model_itself(page: Page, host: InstalledHost, tmp_path: Path) -> None:
    fact, words, again = fresh("The bridge is forty metres long"), fresh("How long?"), fresh("Is that long?")
    report = stored(tmp_path / "report.pdf", pdf(fact))
    new_chat(page, host, f"{DIRECT}.sim/media")
    answer = ask(page, words, report)
    if not leaves_files_to_models(host):
        read_by_host(host, answer, words, fact)
        assert "DIRECT_UPLOADS has no effect" in host.server.log_text()
        return
    expect(answer).to_contain_text(f"I got the file report.pdf of {described(report)}.")
    expect(answer).not_to_contain_text("Source")
    ask(page, again)
    for asked in (words, again):
        record = asked_once(host, asked)
        (part,) = parts_of(record, "input_file")
        assert part["filename"] == "report.pdf"
        assert content_of(part) == ("application/pdf", report.read_bytes())
        assert fact not in str(record.body)


@pytest.mark.usefixtures("direct")
def test_sound_goes_to_a_model_that_hears_and_is_named_to_one_that_does_not(
    page: Page, host: InstalledHost, tmp_path: Path
) -> None:
    if not leaves_files_to_models(host):
        return  # Open WebUI transcribes it
    sound = stored(tmp_path / "tone.wav", wav())
    heard, unheard = fresh("What do you hear?"), fresh("What do you hear?")
    new_chat(page, host, f"{DIRECT}.sim/media")
    expect(ask(page, heard, sound)).to_contain_text(f"I got a wav sound of {described(sound)}.")
    (part,) = parts_of(asked_once(host, heard), "input_audio")
    assert content_of(part) == ("wav", sound.read_bytes())
    new_chat(page, host, f"{DIRECT}.{DEAF}")
    answer = ask(page, unheard, sound)
    expect(answer).to_contain_text("Left out: tone.wav (this model reads no sound).")
    expect(answer).to_contain_text("I got no media.")
    assert parts_of(asked_once(host, unheard), "input_audio") == []


def stored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def described(path: Path) -> str:
    content = path.read_bytes()
    return f"{len(content)} bytes {sha256(content).hexdigest()}"


def said_of(path: Path) -> str:
    return f"I got a picture of {described(path)}."


def pictures(host: InstalledHost, words: str) -> list[tuple[str, bytes]]:
    return [content_of(part) for part in parts_of(asked_once(host, words), "input_image")]


def read_by_host(host: InstalledHost, answer: Locator, words: str, fact: str) -> None:
    """Expect that the document's text is in the prompt once, the document is not, and the page lists it once."""
    record = asked_once(host, words)
    assert str(record.body["input"]).count(fact) == 1
    assert parts_of(record, "input_file") == []
    dialog = answer.page.get_by_role("dialog")  # in 0.6; later pages list sources below the answer
    document = answer.get_by_text("report.pdf").or_(dialog.get_by_text("report.pdf"))
    unfold(answer.get_by_text("1 Source"), document.first)
    expect(document).to_have_count(1)
