"""What a person does not wish to see: thinking outside the box, tools without cards, in every form of page."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.server_tools import Progress, ServerToolReport
from domain.turn.steps import (
    CloseReasoning,
    Ended,
    HandOverCall,
    Output,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowReasoning,
    ShowServerTool,
    ShowText,
)
from entrypoints.openai.frames import ChunkHead, Yield
from entrypoints.openwebui.present.filtered import FilteredPresenter
from entrypoints.openwebui.present.frames import Frame, Presenter
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import ShownParts, Wishes
from ports.toolbox import ToolResult, ToolSource
from tests.entrypoints.openwebui.told import (
    ERROR_ID,
    USAGE,
    HostList,
    emitted,
    ended,
    failed,
    result,
    tell,
    tool_call,
    yielded,
)

HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)
TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
MARKER = f"[{TURN}]: #"
RESULT = "it rains in Oslo"
CODE = ServerToolReport("code_interpreter", Progress.COMPLETED, "", "", "print(1)", "python", "17", outcome=0)

FORMS: dict[str, Callable[[Wishes], Presenter]] = {
    "legacy": lambda wishes: LegacyPresenter(HEAD, TURN, wishes),
    **{f"native {minor}": partial(NativePresenter, TURN, (0, minor)) for minor in (8, 9, 10, 11, 12)},
    **{f"filtered {minor}": partial(FilteredPresenter, HEAD, TURN, (0, minor)) for minor in (8, 9, 10, 11, 12)},
}
every_form = pytest.mark.parametrize("form", FORMS)

THINKING = (ShowReasoning(0, "It is "), ShowReasoning(0, "red."), CloseReasoning(0, 3.6, {}))
TOOLS = (ShowCall(1, tool_call()), ShowCallResult(1, tool_call(), result(RESULT)))


def page(form: str, *outputs: Output, **wishes: Any) -> list[Frame]:
    parts = {name: wishes.pop(name) for name in ("thoughts_in_box", "tool_cards") if name in wishes}
    return tell(FORMS[form](Wishes(ShownParts(**parts), **wishes)), *outputs)


def text_of(frames: list[Frame]) -> str:
    payloads = yielded(frames)
    deltas = [choice["delta"] for payload in payloads for choice in payload.get("choices", ())]
    chunks = "".join(delta.get("content", "") for delta in deltas)
    native = [payload for payload in payloads if not payload.get("choices") and "choices" not in payload]
    return chunks + HostList().take(native).text


def texts_of(frames: list[Frame]) -> list[str]:
    """Return the texts as the host stores them: the messages among the items, or what stands between items."""
    payloads = yielded(frames)
    native = HostList().take([one for one in payloads if "choices" not in one]).items
    texts = [""]
    for payload in payloads:
        texts += [""] if "item" in payload else []
        texts[-1] += "".join(choice["delta"].get("content", "") for choice in payload.get("choices", ()))
    return [*texts, *(part["text"] for item in native for part in item.get("content", ()))]


def lines(frames: list[Frame]) -> list[str]:
    return [event["data"]["description"] for event in emitted(frames) if event["type"] == "status"]


def named_by_details(frames: list[Frame]) -> bool:
    return "reasoning_details" in repr(yielded(frames))


# --- thinking ---------------------------------------------------------------------------------------------------


@every_form
def test_thinking_that_is_not_wanted_in_the_box_leaves_no_word_of_it(form: str) -> None:
    outputs = (*THINKING, ShowText(1, "yes"), ended(usage=USAGE))
    assert "red." in repr(yielded(page(form, *outputs)))
    hidden = page(form, *outputs, thoughts_in_box=False)
    assert "red." not in repr(yielded(hidden))
    assert text_of(hidden).replace(MARKER, "").strip() == "yes"


@every_form
def test_hidden_thinking_names_its_turn_once_in_a_form_that_comes_back(form: str) -> None:
    more = (ShowReasoning(2, "So."), CloseReasoning(2, 1.0, {}), ShowText(3, "Or no."))
    frames = page(form, *THINKING, ShowText(1, "yes"), *more, ended(), thoughts_in_box=False)
    details, marked = named_by_details(frames), text_of(frames).count(MARKER)
    newer = form.rsplit(maxsplit=1)[-1] in ("10", "11", "12")
    assert (details, marked) == ((True, 0) if newer else (False, 1))


@every_form
def test_hidden_thinking_leaves_no_reference_if_nothing_is_kept(form: str) -> None:
    outputs = (*THINKING, *TOOLS, ShowText(2, "yes"), ended())
    frames = page(form, *outputs, thoughts_in_box=False, tool_cards=False, references=False)
    assert TURN not in text_of(frames)
    assert "reasoning" not in repr(yielded(frames))


def test_the_empty_box_of_hidden_thinking_counts_the_seconds_of_all_of_it() -> None:
    more = (ShowReasoning(2, "So."), CloseReasoning(2, 5.0, {}), ShowText(3, "Or no."))
    frames = page("native 12", *THINKING, ShowText(1, "yes"), *more, ended(), thoughts_in_box=False)
    items = HostList().take(yielded(frames)).items
    assert [item["type"] for item in items] == ["reasoning", "message", "message"]
    assert (items[0]["summary"][0]["text"], items[0]["duration"]) == ("", 9)


def test_hidden_thinking_that_ends_after_the_text_began_does_not_divide_the_text() -> None:
    outputs = (ShowReasoning(0, "hm"), ShowText(1, "a"), CloseReasoning(0, 1.0, {}), ShowText(1, "b"), ended())
    frames = page("native 12", *outputs, thoughts_in_box=False)
    assert [item["type"] for item in HostList().take(yielded(frames)).items] == ["message"]


# --- tools ------------------------------------------------------------------------------------------------------


@every_form
def test_tools_without_cards_leave_a_line_and_nothing_of_arguments_and_results(form: str) -> None:
    outputs = (ShowText(0, "wait"), *TOOLS, ShowText(2, "done"), ended(usage=USAGE))
    shown = page(form, *outputs)
    assert RESULT in repr(yielded(shown))
    hidden = page(form, *outputs, tool_cards=False)
    assert RESULT not in repr(hidden)
    assert "Oslo" not in repr(hidden)
    assert "function_call" not in repr(yielded(hidden))
    assert text_of(hidden).replace(MARKER, "").split() == ["wait", "done"]
    assert lines(hidden)[:2] == ["Running weather\u2026", "Ran weather"]


@every_form
def test_tools_without_cards_name_their_turn_where_no_thought_does(form: str) -> None:
    unseen = page(form, *TOOLS, ShowText(2, "done"), ShowText(3, "more"), ended(), tool_cards=False)
    assert text_of(unseen).count(MARKER) == 1
    thought = page(form, *THINKING, *TOOLS, ShowText(2, "done"), ended(), tool_cards=False)
    assert named_by_details(thought) or text_of(thought).count(MARKER) == 1 or f"rs_{TURN}_0" in repr(thought)
    assert text_of(thought).count(MARKER) <= 1


@every_form
def test_calls_that_run_side_by_side_end_with_one_line(form: str) -> None:
    both = (ShowCall(0, tool_call(1)), ShowCall(1, tool_call(2, "time")))
    ends = (ShowCallResult(1, tool_call(2, "time"), result()), ShowCallResult(0, tool_call(1), result()))
    frames = page(form, *both, *ends, ShowText(2, "x"), ended(), tool_cards=False)
    assert lines(frames)[:3] == ["Running weather\u2026", "Running time\u2026", "Ran 2 tools"]
    assert [event["data"]["done"] for event in emitted(frames)[:3]] == [False, False, True]


@every_form
def test_rejected_calls_without_cards_leave_no_line(form: str) -> None:
    rejected = (ShowCallResult(number, tool_call(number), result("no such tool")) for number in range(50))
    assert lines(page(form, *rejected, tool_cards=False)) == []


@every_form
def test_code_that_upstream_ran_leaves_its_line_only(form: str) -> None:
    outputs = (ShowServerTool(0, CODE), ShowText(1, "It is 17 million."), ended())
    assert "print(1)" in repr(yielded(page(form, *outputs)))
    frames = page(form, *outputs, tool_cards=False)
    assert "print(1)" not in repr(frames)
    assert lines(frames)[0] == "Ran Python code (exit code 0)"
    assert text_of(frames).count(MARKER) == 1


@every_form
def test_sources_and_files_of_tools_show_without_cards(form: str) -> None:
    found = ToolResult("text", sources=(ToolSource("https://x.test", "X"),))
    frames = page(form, ShowCall(0, tool_call()), ShowCallResult(0, tool_call(), found), tool_cards=False)
    assert [event["type"] for event in emitted(frames)].count("source") == 1


@every_form
def test_calls_that_the_host_runs_show_in_any_case(form: str) -> None:
    handed = (HandOverCall(0, tool_call(), 3), ended(Reason.TOOL_CALLS))
    with_cards = page(form, *handed, hands_over=True)
    assert yielded(page(form, *handed, hands_over=True, tool_cards=False)) == yielded(with_cards)
    assert f"call_{TURN}_3" in repr(with_cards)


@every_form
def test_the_marker_never_divides_a_text_that_has_begun(form: str) -> None:
    around = (ShowText(0, "wo"), ShowServerTool(1, CODE), ShowText(0, "rd"), ShowText(2, "next"), ended())
    text = text_of(page(form, *around, tool_cards=False))
    if form != "legacy":  # there nothing can be added after a stop
        assert text.startswith("word")
    assert text.count(MARKER) == 1


# --- every ending ------------------------------------------------------------------------------------------------

segments = st.integers(0, 3)
outputs: st.SearchStrategy[Output] = st.one_of(
    st.builds(ShowText, segments, st.sampled_from(["word ", " ", "a\n"])),
    st.builds(ShowReasoning, segments, st.sampled_from(["thought ", "hm. "])),
    st.builds(CloseReasoning, segments, st.just(1.0), st.sampled_from([{}, {"encrypted_content": "x"}])),
    st.builds(ShowServerTool, segments, st.just(CODE)),
    st.builds(ShowCall, segments, st.just(tool_call())),
    st.builds(ShowCallResult, segments, st.just(tool_call()), st.just(result("found"))),
)
ends: st.SearchStrategy[Ended] = st.sampled_from([ended(usage=USAGE), failed(usage=USAGE)])


@given(st.lists(outputs, max_size=15), ends, st.sampled_from(sorted(FORMS)), st.booleans(), st.booleans())
def test_every_turn_ends_with_a_last_status_and_all_of_its_text_whatever_is_hidden(
    told: list[Output], end: Ended, form: str, in_box: bool, cards: bool
) -> None:
    frames = page(form, *told, end, thoughts_in_box=in_box, tool_cards=cards)
    last = [event["data"] for event in emitted(frames) if event["type"] == "status"][-1]
    assert last["done"] is True
    said = "".join(output.text for output in told if isinstance(output, ShowText))
    shown = text_of(frames)
    if cards is False:
        assert "found" not in repr(frames)
    assert [word for word in shown.split() if word in ("word", "a")] == said.split() or "details" in shown
    assert shown.count(MARKER) <= 1
    texts = texts_of(frames)
    assert all(re.search(rf"(?:^|\n\n){re.escape(MARKER)}\n\n", text) for text in texts if MARKER in text)
    if not in_box:
        assert "thought " not in repr([frame.payload for frame in frames if isinstance(frame, Yield)])


@every_form
@pytest.mark.parametrize(
    "before", [THINKING, TOOLS[:1], TOOLS, (*THINKING, *TOOLS)], ids=["thought", "call", "result", "both"]
)
def test_a_fault_after_what_is_hidden_shows_its_card(form: str, before: tuple[Output, ...]) -> None:
    frames = page(form, *before, failed(), thoughts_in_box=False, tool_cards=False)
    assert ERROR_ID in repr(yielded(frames)) or ERROR_ID in repr(emitted(frames))
    assert lines(frames)[-1] == ""
    card = text_of(frames)
    assert not card or MARKER not in card or form == "legacy"
