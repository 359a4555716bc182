"""Background tasks are sent without media, inlined data and references, and without what makes an answer dearer."""

import pytest

from domain.request.tasks import frugal, stripped
from domain.request.turn_request import Parameters
from entrypoints.openwebui.history_format import OPEN_WEBUI


def test_inlined_data_and_marker_lines_are_removed_from_a_text():
    text = "a ![](data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==) b\n[01K5ZZ9Q2M8V3W4X5Y6Z7A8B9C]: #\nc"
    assert stripped([{"role": "user", "content": text}], OPEN_WEBUI) == (
        {"role": "user", "content": "a ![]([data]) b\nc"},
    )


def test_media_are_omitted_and_texts_keep_their_order():
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": "x"}, {"type": "text", "text": "b"}]
    (message,) = stripped([{"role": "user", "content": parts}], OPEN_WEBUI)
    assert message == {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}


@pytest.mark.parametrize("message", ["text", None, {"role": "user"}, {"role": "user", "content": {"odd": 1}}])
def test_malformed_messages_stay_unchanged(message):
    assert stripped([message], OPEN_WEBUI) == (message,)


def test_messages_of_the_caller_are_not_changed():
    part = {"type": "text", "text": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}
    stripped([{"role": "user", "content": [part]}], OPEN_WEBUI)
    assert part["text"].startswith("data:")


@pytest.mark.parametrize("text", ["data:" * 50_000, "data:image/png;base64," + "A" * 400_000, "[" * 50_000 + "]: #"])
def test_huge_text_is_read_in_one_pass(text):
    assert len(stripped([{"role": "user", "content": text}], OPEN_WEBUI)) == 1


def test_a_row_of_a_model_makes_no_task_dearer():
    asked = Parameters(
        plugins=({"id": "web"}, {"id": "fusion"}, {"id": "web", "enabled": False}, {"id": ["odd"]}, 7),
        reasoning={"mode": "pro", "effort": "low"},
        passed={"service_tier": "priority", "trace": {"trace_id": "t"}},
        modalities=("text", "image"),
        image_config={"aspect_ratio": "1:1"},
    )
    assert frugal(asked) == Parameters(
        plugins=({"id": "web", "enabled": False}, {"id": ["odd"]}, 7),
        reasoning={"effort": "low"},
        passed={"trace": {"trace_id": "t"}},
    )


def test_a_task_keeps_what_makes_its_answer_cheaper_or_shorter():
    asked = Parameters(passed={"service_tier": "flex"}, max_output_tokens=50, plugins=({"id": "auto-router"},))
    assert frugal(asked) == asked
