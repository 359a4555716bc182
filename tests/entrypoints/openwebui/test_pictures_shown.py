"""Pictures and sources in every form of answer: each on a line of its own, each once."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from domain.turn.server_tools import Progress, ServerToolReport, Source
from domain.turn.steps import Output, ShowCall, ShowCallResult, ShowCitation, ShowImage, ShowServerTool, ShowText
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.completion import Collected, completion
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.present.filtered import FilteredPresenter
from entrypoints.openwebui.present.frames import Presenter
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.escaping import PICTURE_LEFT_OUT
from ports.toolbox import ToolFile, ToolResult, ToolSource
from tests.entrypoints.openwebui.told import HostList, emitted, ended, tell, tool_call, yielded

TURN = "01J2VVZBDQTP1ZQJ8DSN5K3T4M"
HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)
FILE, OTHER = "/api/v1/files/f1/content", "/api/v1/files/f2/content"
Page = Callable[[Wishes], Presenter]
PAGES: dict[str, Page] = {
    "native 0.12": lambda wishes: NativePresenter(TURN, (0, 12), wishes),
    "native 0.10": lambda wishes: NativePresenter(TURN, (0, 10), wishes),
    "native 0.8": lambda wishes: NativePresenter(TURN, (0, 8), wishes),
    "filtered 0.12": lambda wishes: FilteredPresenter(HEAD, TURN, (0, 12), wishes),
    "filtered 0.8": lambda wishes: FilteredPresenter(HEAD, TURN, (0, 8), wishes),
    "legacy": lambda wishes: LegacyPresenter(HEAD, TURN, wishes),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return PAGES[request.param]


def items_of(payloads: Iterable[Any]) -> HostList:
    """The native items of an answer; those among chunks have no places."""
    return HostList().take(payload for payload in payloads if "choices" not in payload)


def lines_of(payloads: Iterable[Any]) -> list[str]:
    """The lines of an answer as hosts store it: items are joined by line breaks."""
    payloads = list(payloads)
    items = [part["text"] for item in items_of(payloads).items for part in item.get("content", ())]
    chunks = [choice["delta"].get("content", "") for payload in payloads for choice in payload.get("choices", ())]
    return [line for line in ("\n".join(items) + "".join(chunks)).splitlines() if line]


def returned(number: int, *images: str, sources: tuple[ToolSource, ...] = ()) -> ShowCallResult:
    return ShowCallResult(number, tool_call(number), ToolResult("x", images=images, sources=sources))


def sources_of(frames: Iterable[Any]) -> list[str]:
    events = emitted(frames)
    return [event["data"]["source"]["name"] for event in events if event["type"] == "source"]


UNREADABLE = ShowImage(0, "data:image/png;base64,AA")
PICTURES: tuple[Output, ...] = (
    ShowText(0, "Look:"),
    ShowImage(1, FILE),
    ShowImage(1, OTHER),
    ShowText(2, "Nice."),
)
LINES = ["Look:", f"![image]({FILE})", f"![image]({OTHER})", "Nice."]


def test_each_picture_is_a_line_of_its_own_where_it_was_drawn(page: Page) -> None:
    assert lines_of(yielded(tell(page(Wishes()), *PICTURES, ended()))) == LINES


def test_each_picture_is_a_line_of_its_own_for_api_clients_too() -> None:
    chunks, collected = ChunkPresenter(HEAD, own_done=False), Collected()
    assert lines_of(frame.payload for one in PICTURES for frame in chunks.present(one)) == LINES
    for output in (*PICTURES, ended()):
        collected.add(output)
    assert completion(HEAD, collected)["choices"][0]["message"]["content"].split("\n\n") == LINES


@pytest.mark.parametrize("shown", [ShowImage(0, ""), ShowImage(0, "", checked=True), UNREADABLE])
def test_a_picture_that_cannot_be_shown_is_left_out_in_words(page: Page, shown: ShowImage) -> None:
    assert lines_of(yielded(tell(page(Wishes()), shown))) == [PICTURE_LEFT_OUT]


def test_pictures_of_tools_stand_beside_the_answer_each_once(page: Page) -> None:
    told = (ShowCall(0, tool_call(0)), returned(0, FILE), ShowCall(1, tool_call(1)), returned(1, OTHER, FILE))
    lists = [event["data"]["files"] for event in emitted(tell(page(Wishes()), *told)) if event["type"] == "files"]
    assert [file["url"] for file in lists[-1]] == [FILE, OTHER]


def test_files_of_tools_are_named_as_each_page_opens_them(page: Page) -> None:
    link, unstored = ToolFile("https://a.test/b.pdf", "b"), ToolFile("data:text/plain;base64,YQ==")
    files = (ToolFile(FILE, "plan.pdf", "application/pdf"), link, ToolFile(OTHER, mime="image/*"), unstored)
    brought = ShowCallResult(0, tool_call(0), ToolResult("x", files=files))
    events = emitted(tell(page(Wishes()), ShowCall(0, tool_call(0)), brought))
    (listed,) = [event["data"]["files"] for event in events if event["type"] == "files"]
    stored, *others = listed
    assert (stored["type"], stored["id"], stored["name"]) == ("file", "f1", "plan.pdf")
    assert stored["url"] in ("f1", "/api/v1/files/f1")
    assert others == [
        {"type": "file", "url": "https://a.test/b.pdf", "name": "b"},
        {"type": "image", "url": OTHER},
    ]


# --- sources -------------------------------------------------------------------------------------------------------


def test_a_source_is_shown_once_whoever_brings_it(page: Page) -> None:
    tracked, again = ToolSource("https://a.test/?utm_source=openai", "A"), ToolSource("https://b.test/", "B again")
    found = (Source("https://c.test/"), Source("https://d.test/", "D"))
    frames = tell(
        page(Wishes()),
        *(ShowCall(0, tool_call(0)), returned(0, sources=(tracked, ToolSource("https://b.test/", "B")))),
        *(ShowCall(1, tool_call(1)), returned(1, sources=(again, ToolSource("https://c.test/", "C")))),
        ShowCitation("https://a.test/", "A in the text"),
        ShowCitation("", "plan.pdf"),
        ShowServerTool(3, ServerToolReport("web_search", Progress.COMPLETED, sources=found)),
        ended(),
    )
    assert sources_of(frames) == ["A", "B", "C", "plan.pdf", "D"]


def test_a_file_is_a_source_by_its_name_without_a_link(page: Page) -> None:
    (event,) = emitted(tell(page(Wishes()), ShowCitation("", "plan.pdf")))
    assert event["data"]["source"] == {"name": "plan.pdf"}
    assert event["data"]["metadata"] == [{"source": "plan.pdf", "name": "plan.pdf"}]


def test_a_source_that_the_host_shows_is_not_shown_again(page: Page) -> None:
    wishes = Wishes(cited=frozenset({"https://a.test/"}))
    brought = returned(0, sources=(ToolSource("https://a.test/", "A"),))
    told = (ShowCitation("https://a.test/", "A"), ShowCall(0, tool_call()), brought, ended())
    assert sources_of(tell(page(wishes), *told)) == []
