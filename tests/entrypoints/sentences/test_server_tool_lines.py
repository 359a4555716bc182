"""What people read about tools that upstream runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.server_tool_reports import report_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport
from entrypoints.sentences.server_tools import use_code, use_input, use_line, use_result
from entrypoints.simulator.scenarios.server_works import CODE, FAMILIES, PATCH

RUNNING, COMPLETED, FAILED = Progress
LINES = {
    "web-search": ["Searched the web for red bridges"],
    "native-search": ["Searched the web for red bridges", "Read example.com", "Searched a page for red"],
    "fetch": ["Read example.com"],
    "datetime": ["Looked up the time: 2026-08-01T09:30:00+08:00 Australia/Perth"],
    "image": ["Drew a picture: a red bridge"],
    "image-partial": ["Drew a picture"],
    "code": ["Ran Python code"],
    "sandbox": ["Ran Python code (exit code 0)"],
    "shell": ["Ran a command: ls -1 (exit code 0)"],
    "hosted-shell": ["Ran a command: ls -1", "Ran a command (exit code 0)"],
    "bash": ["Ran a command: cat bridges.txt (exit code 0)"],
    "patch": ["Wrote a patch for bridge.py"],
    "files": [
        "Read the file bridges.txt",
        "Searched the files for red bridges",
        "Searched the files for red bridges",
    ],
    "mcp": ["Called bridges: find_bridge"],
    "models": ["Searched the models for cheap and fast"],
    "advisor": ["Asked sim/echo for advice"],
    "subagent": ["A subagent worked on: count"],
    "fusion": ["Asked 3 models"],
    "armor": ["Blocked a tool call: delete_bridge"],
    "memory": ["Saved in memory: colour"],
    "tool-search": ["Searched the tools for bridge"],
    "text-editor": ["Viewed /bridge.py"],
    "browser": ["Used the browser: screenshot"],
}


def reports(family: str) -> list[ServerToolReport]:
    return [report for work in FAMILIES[family]() if (report := report_of(work.item, done=True))]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_its_words(family: str) -> None:
    assert [use_line(report) for report in reports(family)] == LINES[family]


def test_use_in_progress_says_what_is_being_done() -> None:
    assert use_line(ServerToolReport("web_search", RUNNING, "red bridges")) == "Searching the web for red bridges…"
    assert use_line(ServerToolReport("web_search", RUNNING)) == "Searching the web…"
    assert use_line(ServerToolReport("code_interpreter", RUNNING, language="python")) == "Running Python code…"
    assert use_line(ServerToolReport("fusion", RUNNING)) == "Asking several models…"


def test_failed_use_says_why() -> None:
    failed = ServerToolReport("web_fetch", FAILED, "https://example.com/a", error="Not\nthere", outcome=404)
    assert use_line(failed) == "Reading example.com failed (HTTP 404): Not there"
    ran = ServerToolReport("code_interpreter", FAILED, language="javascript", outcome=1)
    assert use_line(ran) == "Running JavaScript code failed (exit code 1)"


def test_unknown_tool_is_named() -> None:
    assert use_line(ServerToolReport("dream_reader", RUNNING)) == "Running the tool dream_reader…"
    assert use_line(ServerToolReport("dream_reader", COMPLETED, "red")) == "Ran the tool dream_reader: red"


def test_input_is_named_as_people_name_it() -> None:
    (shell,), (bash,), (advice,), (blocked,) = map(reports, ("shell", "bash", "advisor", "armor"))
    assert use_input(shell) == {"command": "ls -1"}
    assert use_input(bash) == {"command": "cat bridges.txt"}
    assert use_input(advice) == {"prompt": "Is the bridge red?", "model": "sim/echo"}
    assert use_input(blocked) == {"tool": "delete_bridge", "arguments": '{"all":true}'}


def test_code_of_several_lines_is_no_input_because_pages_put_that_on_one_line() -> None:
    (code,), (patch,), (bash,) = map(reports, ("sandbox", "patch", "bash"))
    assert (use_input(code), use_code(code)) == ({"language": "Python"}, CODE.strip())
    assert (use_input(patch), use_code(patch)) == ({"path": "bridge.py"}, PATCH.strip())
    assert use_code(bash) == ""


def test_result_labels_its_parts() -> None:
    (fusion,) = reports("fusion")
    assert use_result(fusion).split("\n\n") == [
        "All agree: The bridge is red.",
        "They disagree: Age\nsim/echo: Old.",
        "Some say (sim/echo): Rust.",
        "One says (sim/thinking): It was blue once.",
        "Nobody says: Its length.",
        "Failed (sim/error-503): Overloaded",
        "Answer (sim/echo): It is red.",
        "Answer (sim/thinking): It is red.",
    ]
    (page,) = reports("fetch")
    assert use_result(page) == "Title: Bridges of the world\n\nRed bridges are rare."
    stopped = ServerToolReport("shell", COMPLETED, result="a", error="", findings=(Finding("timeout"),))
    assert use_result(stopped) == "a\n\nThe time was up"


@given(st.text(), st.text(), st.text(), st.sampled_from(Progress))
def test_every_line_is_one_line(subject: str, error: str, language: str, progress: Progress) -> None:
    item = {"type": "openrouter:web_fetch", "url": subject, "error": error, "status": progress.value}
    for report in (report_of(item), report_of({**item, "type": "openrouter:code_interpreter", "language": language})):
        assert report is not None
        assert len(use_line(report).splitlines()) == 1
