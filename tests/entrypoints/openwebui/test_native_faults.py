"""The page of newer hosts: how a failed turn is closed, version by version."""

import pytest

from domain.turn.steps import Output, ShowCall, ShowCallResult, ShowReasoning, ShowText
from entrypoints.openwebui.host_call import Audience
from entrypoints.openwebui.present.fault_text import ToldFault
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from tests.entrypoints.openwebui.told import (
    ERROR_ID,
    FAULT,
    USAGE,
    HostList,
    emitted,
    ended,
    failed,
    kinds,
    result,
    tell,
    tool_call,
    yielded,
)

VERSIONS = [(0, 8), (0, 10), (0, 12)]
OLDER = [(0, 8), (0, 10)]
BY_LINE = [(0, 8), (0, 9), (0, 10)]
BEGUN = ["output_item.added message", "output_text.delta", "output_item.done message"]


def presenter(version: tuple[int, int]) -> NativePresenter:
    return NativePresenter("r1", version, Wishes(support="help@x.test"))


@pytest.mark.parametrize(
    ("version", "closing"),
    [
        ((0, 8), ["emit status", "completed", "error"]),
        ((0, 10), ["emit status", "emit replace", "error"]),
        ((0, 12), ["emit status", "error"]),
    ],
)
def test_fault_after_text_is_an_error_as_the_last_item(version: tuple[int, int], closing: list[str]) -> None:
    frames = tell(presenter(version), ShowText(0, "so far"), failed())

    assert kinds(frames) == [*BEGUN, *closing]
    assert yielded(frames)[-1] == {"error": {"message": ToldFault(FAULT, ERROR_ID, "help@x.test").box()}}


@pytest.mark.parametrize("version", VERSIONS)
def test_fault_after_text_leaves_the_text_as_it_was(version: tuple[int, int]) -> None:
    frames = tell(presenter(version), ShowText(0, "so far"), failed())

    assert HostList().take(yielded(frames)).text == "so far"


def test_fault_after_text_keeps_the_chat_going_where_the_host_looks_for_content() -> None:
    frames = tell(presenter((0, 10)), ShowText(0, "so far"), failed())

    assert emitted(frames)[-1] == {"type": "replace", "data": {"content": "so far"}}


@pytest.mark.parametrize(
    ("version", "closing"),
    [((0, 8), ["emit status", "completed"]), ((0, 10), ["emit status", "emit replace", "completed"])],
)
def test_fault_before_any_text_is_a_card_in_the_text_where_an_error_would_block_the_chat(
    version: tuple[int, int], closing: list[str]
) -> None:
    frames = tell(presenter(version), failed(usage=USAGE))

    assert kinds(frames) == [*BEGUN, *closing]
    assert HostList().take(yielded(frames)).text == ToldFault(FAULT, ERROR_ID, "help@x.test").card()
    assert yielded(frames)[-1]["response"]["usage"]["total_tokens"] == 15


def test_card_in_the_text_is_also_the_content_where_the_host_looks_there() -> None:
    frames = tell(presenter((0, 10)), failed())

    assert emitted(frames)[-1]["data"] == {"content": ToldFault(FAULT, ERROR_ID, "help@x.test").card()}


def test_fault_before_any_text_is_an_error_alone_on_the_newest_host() -> None:
    frames = tell(presenter((0, 12)), failed())

    assert kinds(frames) == ["emit status", "error"]


@pytest.mark.parametrize("version", OLDER)
def test_fault_after_thinking_alone_is_a_card_below_it(version: tuple[int, int]) -> None:
    frames = tell(presenter(version), ShowReasoning(0, "hm"), failed())

    host = HostList().take(yielded(frames))
    assert [item["type"] for item in host.items] == ["reasoning", "message"]
    assert host.thinking == "hm"


@pytest.mark.parametrize("version", VERSIONS)
def test_open_call_gets_an_output_before_the_error(version: tuple[int, int]) -> None:
    frames = tell(presenter(version), ShowText(0, "wait"), ShowCall(1, tool_call()), failed())

    names = kinds(frames)
    assert names.index("output_item.added function_call_output") < names.index("error")
    assert names[-1] == "error"
    assert HostList().take(yielded(frames)).unanswered == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_every_open_call_gets_an_output_when_nothing_was_written(version: tuple[int, int]) -> None:
    frames = tell(presenter(version), ShowCall(0, tool_call(1)), ShowCall(1, tool_call(2)), failed())

    host = HostList().take(yielded(frames))
    assert host.unanswered == set()
    assert {item["status"] for item in host.items} == {"failed" if version == (0, 12) else "completed"}


@pytest.mark.parametrize("version", VERSIONS)
def test_fault_ends_the_status_line_without_saying_it_twice(version: tuple[int, int]) -> None:
    frames = tell(presenter(version), ShowText(0, "so far"), failed())

    (status,) = [event["data"] for event in emitted(frames) if event["type"] == "status"]
    assert status == {"description": "", "done": True, "hidden": True}


@pytest.mark.parametrize("version", VERSIONS)
def test_fault_after_tools_adds_no_text_and_leaves_something_to_read_where_the_page_needs_it(
    version: tuple[int, int],
) -> None:
    tools = (ShowCall(0, tool_call()), ShowCallResult(0, tool_call(), result()), ShowReasoning(1, "hm"))
    frames = tell(presenter(version), *tools, failed())

    replaced = [event["data"]["content"] for event in emitted(frames) if event["type"] == "replace"]
    assert yielded(frames)[-1] == {"error": {"message": ToldFault(FAULT, ERROR_ID, "help@x.test").box()}}
    assert HostList().take(yielded(frames)).text == ""
    assert replaced == ([ToldFault(FAULT, ERROR_ID, "help@x.test").card()] if version == (0, 10) else [])


@pytest.mark.parametrize("version", OLDER)
def test_thinking_has_an_end_from_the_start_for_hosts_that_break_off_without(version: tuple[int, int]) -> None:
    (item,) = HostList().take(yielded(tell(presenter(version), ShowReasoning(0, "hm")))).items
    assert item["ended_at"] is not None


@pytest.mark.parametrize("version", [*VERSIONS, (0, 9), (0, 11)])
@pytest.mark.parametrize("told", [(), (ShowText(0, "so far"),), (ShowCall(0, tool_call()),)])
def test_a_channel_reads_the_fault_as_text(version: tuple[int, int], told: tuple[Output, ...]) -> None:
    shown = NativePresenter("r1", version, Wishes(support="help@x.test", reader=Audience.CHANNEL))
    frames = tell(shown, *told, failed())

    assert "error" not in kinds(frames)
    assert HostList().take(yielded(frames)).text.endswith(ToldFault(FAULT, ERROR_ID, "help@x.test").card())


@pytest.mark.parametrize("version", [*VERSIONS, (0, 9), (0, 11)])
def test_what_runs_without_a_person_fails_visibly(version: tuple[int, int]) -> None:
    frames = tell(NativePresenter("r1", version, Wishes(reader=Audience.NOBODY)), failed())

    assert kinds(frames)[-1] == "error"


def test_a_version_that_returns_nothing_of_a_thought_gets_a_line_before_the_first_text_after_it() -> None:
    told = (ShowText(0, "well"), ShowReasoning(1, "hm"), ShowText(2, "a"), ShowText(2, "b"), ShowText(3, "c"))

    texts = {version: HostList().take(yielded(tell(presenter(version), *told, ended()))).text for version in BY_LINE}
    assert texts[0, 9].count("[r1]: #") == 1
    assert "[r1]: #\n\nab" in texts[0, 9]
    assert "]: #" not in texts[0, 8] + texts[0, 10]
