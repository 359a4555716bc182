"""Tools that upstream runs, in every form of page and for API callers."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.turn.server_tool_reports import report_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport, Source
from domain.turn.steps import Output, ShowCall, ShowCallResult, ShowCitation, ShowServerTool, ShowText
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.completion import Collected, completion
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.history_format import OPEN_WEBUI, turn_of_use
from entrypoints.openwebui.present.filtered import FilteredPresenter
from entrypoints.openwebui.present.frames import Presenter
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.simulator.scenarios.server_works import FAMILIES, PAGE
from tests.entrypoints.openwebui.told import USAGE, HostList, emitted, ended, failed, result, tell, tool_call, yielded

HEAD = ChunkHead("chatcmpl-1", "a/b", 0)
TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
VERSIONS = ((0, 8), (0, 9), (0, 10), (0, 12))
RAN = ServerToolReport("code_interpreter", Progress.COMPLETED, "", "", "print(1)", "python", "1", outcome=0)
BROKE = ServerToolReport("web_fetch", Progress.FAILED, "https://example.com/", error="Not there.", outcome=404)
SEARCH = ServerToolReport(
    "web_search", Progress.COMPLETED, "bridges", sources=(Source(PAGE), Source("https://example.org/", "Rust"))
)


def pages() -> list[tuple[str, Presenter]]:
    native: list[tuple[str, Presenter]] = [(f"native {v}", NativePresenter(TURN, v, Wishes())) for v in VERSIONS]
    filtered = [(f"filtered {v}", FilteredPresenter(HEAD, TURN, v, Wishes())) for v in VERSIONS]
    return [*native, *filtered, ("legacy", LegacyPresenter(HEAD, TURN, Wishes()))]


def items(frames: Any) -> list[dict[str, Any]]:
    return [one["item"] for one in yielded(frames) if one.get("type") == "response.output_item.added"]


def statuses(frames: Any) -> list[tuple[str, bool]]:
    lines = [event["data"] for event in emitted(frames) if event["type"] == "status"]
    return [(line["description"], line["done"]) for line in lines if line["description"]]


def sources(frames: Any) -> list[dict[str, Any]]:
    return [event["data"]["source"] for event in emitted(frames) if event["type"] == "source"]


def uses(family: str) -> list[Output]:
    """Begin and end every use of a family of the simulator."""
    shown: list[Output] = []
    for segment, work in enumerate(FAMILIES[family]()):
        begun, done = report_of(work.opening), report_of(work.item, done=True)
        shown += [ShowServerTool(segment, report) for report in (begun, done) if report is not None]
    return shown


@pytest.mark.parametrize(("name", "page"), pages(), ids=lambda one: one if isinstance(one, str) else "")
def test_use_is_a_status_while_it_runs_and_a_finished_one_at_its_end(name: str, page: Presenter) -> None:
    running = ServerToolReport("web_search", Progress.RUNNING, "bridges")
    assert statuses(tell(page, ShowServerTool(0, running))) == [("Searching the web for bridges…", False)]
    assert statuses(tell(page, ShowServerTool(0, SEARCH))) == [("Searched the web for bridges", True)]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_use_ran_and_brought_is_a_call_with_its_result(version: tuple[int, int]) -> None:
    call, output = items(tell(NativePresenter(TURN, version, Wishes()), ShowServerTool(3, RAN)))

    assert (call["name"], json.loads(call["arguments"]), call["status"]) == (
        "code_interpreter",
        {"code": "print(1)"},
        "completed",
    )
    assert (output["output"], output["status"]) == ([{"type": "input_text", "text": "1"}], "completed")
    assert call["call_id"] == output["call_id"]
    assert turn_of_use(call["call_id"]) == TURN


def test_code_of_several_lines_stands_above_its_result() -> None:
    ran = replace(RAN, code="a = 1\nprint(a)\n")
    _, output = items(tell(NativePresenter(TURN, (0, 12), Wishes()), ShowServerTool(0, ran)))
    assert output["output"][0]["text"] == "a = 1\nprint(a)\n\n1"


@pytest.mark.parametrize(("name", "page"), pages(), ids=lambda one: one if isinstance(one, str) else "")
def test_line_that_stays_the_same_is_sent_once(name: str, page: Presenter) -> None:
    running = ServerToolReport("fusion", Progress.RUNNING, models=("a/b", "c/d"))
    more = replace(running, findings=(Finding("response", "Red.", "a/b"),))
    lines = statuses(tell(page, ShowServerTool(0, running), ShowServerTool(0, more), ShowServerTool(1, more)))
    assert lines == [("Asking several models\u2026", False)] * 2


def test_failed_use_is_marked_where_pages_can_and_says_why() -> None:
    new, old = (items(tell(NativePresenter(TURN, v, Wishes()), ShowServerTool(0, BROKE))) for v in ((0, 12), (0, 10)))
    assert [item["status"] for item in (*new, *old)] == ["failed", "failed", "completed", "completed"]
    assert new[1]["output"][0]["text"] == "Failed: Not there."


def test_search_that_only_found_pages_is_a_status_and_sources() -> None:
    frames = tell(NativePresenter(TURN, (0, 12), Wishes()), ShowServerTool(0, SEARCH), ended())
    assert items(frames) == []
    assert sources(frames) == [{"name": PAGE, "url": PAGE}, {"name": "Rust", "url": "https://example.org/"}]


@pytest.mark.parametrize(("name", "page"), pages(), ids=lambda one: one if isinstance(one, str) else "")
def test_page_is_a_source_once_by_its_citation_if_there_is_one(name: str, page: Presenter) -> None:
    cited = ShowCitation(PAGE, "Bridges", "Red bridges are rare.")
    outputs = (ShowServerTool(0, SEARCH), ShowServerTool(1, SEARCH), ShowText(2, "Red."), cited, ended())
    assert sources(tell(page, *outputs)) == [
        {"name": "Bridges", "url": PAGE},
        {"name": "Rust", "url": "https://example.org/"},
    ]


@pytest.mark.parametrize(("name", "page"), pages(), ids=lambda one: one if isinstance(one, str) else "")
def test_sources_are_shown_even_if_the_answer_breaks_off(name: str, page: Presenter) -> None:
    assert len(sources(tell(page, ShowServerTool(0, SEARCH), failed()))) == 2


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_leaves_whole_pairs_in_the_list_of_the_host(family: str, version: tuple[int, int]) -> None:
    frames = tell(
        NativePresenter(TURN, version, Wishes()), ShowText(90, "a"), *uses(family), ShowText(91, "b"), ended()
    )
    host = HostList(full=version >= (0, 12)).take(yielded(frames))
    assert host.unanswered == set()
    assert host.text == "ab"
    assert all(item["status"] != "in_progress" for item in host.items if item["type"].startswith("function_call"))
    assert host.items == host.completed[-1]["output"]


def test_use_between_calls_that_run_leaves_their_order_and_their_results() -> None:
    calls = (ShowCall(0, tool_call(1)), ShowCall(1, tool_call(2)), ShowServerTool(2, RAN))
    results = (ShowCallResult(0, tool_call(1), result()), ShowCallResult(1, tool_call(2), result()))
    host = HostList().take(yielded(tell(NativePresenter(TURN, (0, 12), Wishes()), *calls, *results, ended())))
    assert host.unanswered == set()
    assert [item["type"] for item in host.items] == ["function_call"] * 3 + ["function_call_output"] * 3


def test_page_of_0_6_folds_a_block_that_it_never_sends_back() -> None:
    page = LegacyPresenter(HEAD, TURN, Wishes(references=False))
    frames = tell(page, ShowText(0, "Before."), ShowServerTool(1, RAN), ShowText(2, "After."))
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in yielded(frames))
    assert text == (
        'Before.\n\n<details type="code_interpreter" done="true">\n<summary>Analyzed</summary>\n'
        "Ran Python code (exit code 0)\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n</details>\n\n\nAfter."
    )
    assert OPEN_WEBUI.words_of(text).split() == ["Before.", "After."]


def test_api_callers_get_the_sources_as_annotations_and_nothing_else() -> None:
    outputs: tuple[Output, ...] = (
        *(ShowServerTool(0, report) for report in (RAN, BROKE, SEARCH)),
        ShowText(1, "Red."),
        ShowCitation(PAGE, "Bridges", ""),
        ended(usage=USAGE),
    )
    chunks = yielded(tell(ChunkPresenter(HEAD, own_done=True), *outputs))
    deltas = [one["choices"][0]["delta"] for one in chunks[:-1] if one["choices"]]
    found = [one["url_citation"] for delta in deltas for one in delta.get("annotations", ())]
    assert [one["url"] for one in found] == [PAGE, "https://example.org/"]
    assert "".join(delta.get("content", "") for delta in deltas) == "Red."
    assert chunks[-2]["usage"]["total_tokens"] == USAGE.total_tokens

    collected = Collected()
    for output in outputs:
        collected.add(output)
    whole = completion(HEAD, collected)
    assert whole["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Red.",
        "annotations": [{"type": "url_citation", "url_citation": one} for one in found],
    }
    assert whole["usage"]["total_tokens"] == USAGE.total_tokens
