"""The page while a filter of the host reads the stream: chunks that filters can edit, and nothing beside them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.statuses import ModelReplaced
from domain.turn.steps import (
    CloseReasoning,
    Ended,
    HandOverCall,
    Output,
    ShowCall,
    ShowCallResult,
    ShowImage,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.host_call import Audience
from entrypoints.openwebui.present.filtered import FilteredPresenter
from entrypoints.openwebui.present.wishes import Wishes
from tests.entrypoints.openwebui.told import ERROR_ID, USAGE, ended, failed, result, tell, tool_call, yielded

HEAD = ChunkHead("chatcmpl-1", "openrouter.a/b", 1_700_000_000)
VERSIONS = [(0, 8), (0, 9), (0, 10), (0, 11), (0, 12)]
TURN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def presenter(version: tuple[int, int] = (0, 12), **wishes: Any) -> FilteredPresenter:
    return FilteredPresenter(HEAD, TURN, version, Wishes(**wishes))


texts = st.text(max_size=20)
segments = st.integers(0, 3)
outputs: st.SearchStrategy[Output] = st.one_of(
    st.builds(ShowText, segments, texts),
    st.builds(ShowReasoning, segments, texts),
    st.builds(CloseReasoning, segments, st.just(1.0), st.just({})),
    st.builds(ShowImage, segments, st.just("https://x.test/a.png")),
    st.builds(ShowStatus, st.builds(ModelReplaced, texts, texts)),
    st.builds(ShowCall, segments, st.just(tool_call())),
    st.builds(ShowCallResult, segments, st.just(tool_call()), st.just(result("found"))),
    st.builds(HandOverCall, st.integers(0, 3), st.just(tool_call())),
)
ends: st.SearchStrategy[Ended] = st.sampled_from([ended(), ended(usage=USAGE), failed(), failed(usage=USAGE)])


@given(st.lists(outputs, max_size=20), ends, st.sampled_from(VERSIONS))
def test_every_event_has_choices_and_no_event_holds_the_text_twice(told, end, version):
    payloads = yielded(tell(presenter(version), *told, end))
    assert all(isinstance(payload["choices"], list) for payload in payloads)
    assert {payload.get("type", "") for payload in payloads} <= {"", "response.output_item.added"}
    reasons = [choice["finish_reason"] for payload in payloads for choice in payload["choices"]]
    errors = [payload for payload in payloads if "error" in payload]
    assert sum(reason is not None for reason in reasons) + len(errors) == 1


@given(st.lists(outputs, max_size=20), st.sampled_from(VERSIONS))
def test_every_call_has_its_output(told, version):
    items = [one["item"] for one in yielded(tell(presenter(version), *told, ended())) if "item" in one]
    calls = [item["call_id"] for item in items if item["type"] == "function_call"]
    assert calls == [item["call_id"] for item in items if item["type"] == "function_call_output"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_thought_names_the_turn_in_the_form_that_comes_back(version):
    frames = tell(presenter(version), ShowReasoning(0, "hm"), CloseReasoning(0, 1.0, {}), ShowText(1, "yes"), ended())
    text = "".join(choice["delta"].get("content", "") for payload in yielded(frames) for choice in payload["choices"])
    assert ("reasoning_details" in repr(frames)) is (version >= (0, 10))
    assert text == ("yes" if version >= (0, 10) else f"[{TURN}]: #\n\nyes")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("reader", [Audience.CHANNEL, Audience.NOBODY])
def test_a_fault_reaches_who_is_not_in_front_of_a_page(version, reader):
    payloads = yielded(tell(presenter(version, reader=reader), ShowText(0, "so far"), failed()))
    said = "".join(choice["delta"].get("content", "") for one in payloads for choice in one["choices"])
    assert (ERROR_ID in said) is (reader is Audience.CHANNEL)
    assert any("error" in one for one in payloads) is (reader is Audience.NOBODY)
