"""What the items of tools that upstream runs say; the list of items is the official SDK's."""

import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openrouter.components import outputitems

from domain.turn.server_tool_fields import LONGEST_LINE, LONGEST_TEXT
from domain.turn.server_tool_reports import MOST_SOURCES, READERS, report_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport, Source
from entrypoints.simulator.scenarios.server_works import CODE, FAMILIES, PAGE, PATCH, QUERY
from ports.responses import OWN_TYPES
from tests.examples import examples

VARIANTS: dict[str, Any] = outputitems._OUTPUT_ITEMS_VARIANTS
NO_SERVER_TOOL = {
    "message": "the answer",
    "reasoning": "shown as reasoning",
    "function_call": "run by us or the caller",
    "apply_patch_call": "run by the caller",
    "computer_call": "run by the caller",
    "custom_tool_call": "run by the caller",
    "tool_search_call": "run by the caller",
}
NOTE = 120
"""Characters of the note that ends a text that was cut."""


def done(family: str) -> list[ServerToolReport]:
    """Report the finished items of a family of the simulator."""
    reports = [report_of(work.item, done=True) for work in FAMILIES[family]()]
    return [report for report in reports if report is not None]


def test_every_item_of_the_sdk_is_reported_or_is_no_server_tool() -> None:
    assert sorted({*READERS, *NO_SERVER_TOOL}) == sorted({*VARIANTS, "mcp_call", "mcp_list_tools"})
    assert not READERS.keys() & NO_SERVER_TOOL.keys()


@pytest.mark.parametrize("kind", NO_SERVER_TOOL)
def test_other_items_are_not_reported(kind: str) -> None:
    assert report_of({"type": kind, "status": "completed"}) is None


def test_no_line_contains_what_prints_nothing_or_turns_the_direction() -> None:
    item = {"type": "openrouter:web_search", "action": {"query": "red\x00\x1b[31m \u202ebridges\u2066\n\tof\x9b iron"}}
    report = report_of(item)
    assert report is not None
    assert report.subject == "red [31m bridges of iron"


def test_item_from_the_future_is_reported_by_its_name() -> None:
    item = {"type": "openrouter:dream_reader", "status": "completed", "query": "red", "vision": {"of": "bridges"}}
    assert report_of(item) == ServerToolReport("dream_reader", Progress.COMPLETED, "red")


def test_failed_and_incomplete_items_are_failures() -> None:
    item = {"type": "openrouter:web_search"}
    said = [report_of({**item, "status": status}) for status in ("failed", "incomplete", "completed", "dreaming")]
    assert [report.progress for report in said if report] == [
        Progress.FAILED,
        Progress.FAILED,
        Progress.COMPLETED,
        Progress.RUNNING,
    ]


def test_completed_item_with_an_error_is_a_failure() -> None:
    report = report_of({"type": "openrouter:fusion", "status": "completed", "error": "No model answered."})
    assert report is not None
    assert (report.progress, report.error) == (Progress.FAILED, "No model answered.")


def test_finished_item_with_a_stale_status_is_completed() -> None:
    item = {"type": "image_generation_call", "status": "generating"}
    assert [report and report.progress for report in (report_of(item), report_of(item, done=True))] == [
        Progress.RUNNING,
        Progress.COMPLETED,
    ]


def test_search_names_its_query_and_its_sources_once() -> None:
    (report,) = done("web-search")
    assert (report.tool, report.subject, report.action) == ("web_search", QUERY, "search")
    assert report.sources == (Source(PAGE), Source("https://example.org/rust?page=2"))


def test_pages_that_a_search_opened_are_sources_too() -> None:
    search, opened, found = done("native-search")
    assert [(one.action, one.subject) for one in (search, opened, found)] == [
        ("search", QUERY),
        ("open_page", PAGE),
        ("find_in_page", "red"),
    ]
    assert opened.sources == found.sources == (Source(PAGE),)


def test_address_of_a_source_loses_what_counts_visits() -> None:
    item = {"type": "openrouter:web_fetch", "status": "completed", "url": f"{PAGE}?utm_source=openai"}
    report = report_of(item)
    assert report is not None
    assert report.sources == (Source(PAGE),)


def test_page_that_answers_with_an_error_was_not_read() -> None:
    item = {"type": "openrouter:web_fetch", "status": "completed", "url": PAGE, "httpStatus": 404}
    report = report_of(item)
    assert report is not None
    assert (report.progress, report.outcome, report.sources) == (Progress.FAILED, 404, ())


@pytest.mark.parametrize("spelling", ["exit_code", "exitCode"])
def test_both_spellings_of_a_field_are_read(spelling: str) -> None:
    report = report_of({"type": "openrouter:bash", "status": "completed", "command": "ls", spelling: 3})
    assert report is not None
    assert report.outcome == 3


def test_code_is_reported_with_its_language_output_and_exit_code() -> None:
    (native,), (own,) = done("code"), done("sandbox")
    assert (native.code, native.language, native.result, native.outcome) == (CODE, "python", "45\n", None)
    assert (own.code, own.language, own.result, own.outcome) == (CODE, "python", "45\n", 0)


def test_shell_reports_commands_output_errors_and_the_first_bad_exit_code() -> None:
    ran = [
        {"stdout": "a\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
        {"stdout": "", "stderr": "no such file", "outcome": {"type": "exit", "exit_code": 2}},
        {"stdout": "", "stderr": "", "outcome": {"type": "timeout"}},
    ]
    item = {"type": "openrouter:shell", "status": "completed", "action": {"commands": ["ls", "cat b"]}, "output": ran}
    report = report_of(item)
    assert report is not None
    assert (report.subject, report.code, report.result, report.outcome) == ("ls", "ls\ncat b", "a\n", 2)
    assert report.findings == (Finding("stderr", "no such file"), Finding("timeout"))


def test_patch_is_reported_as_a_diff_of_its_file() -> None:
    (report,) = done("patch")
    assert (report.action, report.subject, report.code, report.language) == ("update", "bridge.py", PATCH, "diff")


def test_fusion_reports_the_verdict_before_the_answers_of_its_models() -> None:
    (report,) = done("fusion")
    assert report.models == ("sim/echo", "sim/thinking", "sim/error-503")
    assert report.sources == (Source(PAGE, "Bridges of the world"),)
    assert [(one.label, one.by) for one in report.findings] == [
        ("consensus", ""),
        ("contradiction", ""),
        ("partial_coverage", "sim/echo"),
        ("unique_insight", "sim/thinking"),
        ("blind_spot", ""),
        ("failed_model", "sim/error-503"),
        ("response", "sim/echo"),
        ("response", "sim/thinking"),
    ]


def test_advice_names_its_model_and_blocked_calls_their_rule() -> None:
    (advice,), (blocked,) = done("advisor"), done("armor")
    assert (advice.models, advice.result) == (("sim/echo",), "It is red on both sides.")
    assert (blocked.subject, blocked.code) == ("delete_bridge", '{"all":true}')
    assert [one.label for one in blocked.findings] == ["rule", "reason"]


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "image-partial"])
def test_every_use_of_the_simulator_says_more_than_its_name(family: str) -> None:
    reports = done(family)
    assert reports
    for report in reports:
        assert report.progress is Progress.COMPLETED
        assert report.subject or report.code or report.result or report.findings


def test_long_texts_are_cut_and_say_so() -> None:
    report = report_of({"type": "openrouter:bash", "status": "completed", "command": "x" * 9000, "stdout": "y" * 9000})
    assert report is not None
    assert len(report.subject) == LONGEST_LINE
    assert "5000 characters removed" in report.code
    assert "5000 characters removed" in report.result


NAMES = sorted({field.alias or name for model in VARIANTS.values() for name, field in model.model_fields.items()})
SNAKES = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in NAMES]
WITHIN = (
    *("url", "query", "queries", "sources", "commands", "stdout", "stderr", "exit_code", "diff", "path", "model"),
    *("content", "consensus", "contradictions", "stances", "topic", "stance", "logs", "tool_id", "title", "outcome"),
)
KEYS = st.sampled_from([*NAMES, *SNAKES, *WITHIN])
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["\ud800", "\0", "x" * 9000, "a\n" * 3000, "{", '{"query": []}', "0" * 99]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6),
    max_leaves=8,
)


@examples(1000)
@given(
    st.sampled_from([*READERS, f"{OWN_TYPES}new"]) | st.text(max_size=9).map(OWN_TYPES.__add__),
    st.dictionaries(KEYS, JSON, max_size=12),
    st.booleans(),
)
def test_items_of_any_shape_are_reported_within_bounds(kind: str, item: dict[str, Any], is_done: bool) -> None:
    report = report_of({**item, "type": kind}, done=is_done)
    assert report is not None
    assert len(report.sources) <= MOST_SOURCES + 1
    for line in (report.tool, report.subject, report.action, *report.models, *(one.title for one in report.sources)):
        assert len(line) <= LONGEST_LINE + 1
        assert len(line.splitlines()) <= 1
    for text in (report.code, report.result, report.error, *(one.text for one in report.findings)):
        assert len(text) <= LONGEST_TEXT + NOTE
    for name in (field.name for field in fields(ServerToolReport)):
        str(getattr(report, name)).encode()


@examples(200)
@given(JSON)
def test_item_without_a_type_is_no_report(item: object) -> None:
    if isinstance(item, dict):
        assert report_of({**item, "type": item.get("query")}) is None or str(item.get("query")).startswith(OWN_TYPES)
