"""Results for the model: safe text, never cut, but replaced by a stub if too large."""

from typing import Any

import pytest

from domain.conversation.shortening import LEAST
from domain.tools.once import BUILTIN, arguments_hash, may_repeat, objection
from domain.tools.replies import NOT_RECORDED, STARTED_BEFORE
from domain.tools.results import LONGEST, fitted, output_of, prompt_characters, readable, room_left, stub, text_of
from ports.catalog import Model
from ports.toolbox import ToolResult, ToolSpec


class Odd:
    """A value that JSON cannot hold."""


def endless():
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("found", "found"),
        ("a\x00b\ud800", "a\ufffdb\ufffd"),
        ({"a": [1, None, "ü"]}, '{"a": [1, null, "ü"]}'),
        (True, "true"),
        (0, "0"),
        (Odd(), "The tool handed back a value of type Odd, which cannot be written as text."),
        (endless(), "The tool handed back a value of type list, which cannot be written as text."),
    ],
)
def test_a_result_becomes_text(value, text):
    assert text_of(value) == text


def test_a_result_that_fits_is_unchanged():
    result = ToolResult("x" * 1000)
    assert fitted(result, 1000) is result


def test_a_result_that_does_not_fit_becomes_a_stub_that_names_its_size():
    result = fitted(ToolResult("x" * 5000, images=("https://a.example/a.png",)), 1000)
    assert "5,000 characters" in result.text
    assert "1,000" in result.text
    assert (result.failed, result.begun, result.images) == (True, True, ("https://a.example/a.png",))


def test_a_short_result_is_never_replaced_by_a_longer_stub():
    assert fitted(ToolResult("x" * 100), -5).text == "x" * 100


def test_a_result_longer_than_any_model_reads_becomes_a_stub():
    assert readable(ToolResult("x" * (LONGEST + 1))).text == stub(LONGEST + 1, LONGEST)


def test_a_result_with_a_safe_text_is_returned_unchanged():
    result = ToolResult("ü")
    assert readable(result) is result
    assert readable(ToolResult("\x00")).text == "\ufffd"


def test_images_are_sent_to_a_model_that_sees_images():
    result = ToolResult("A bridge", images=("https://a.example/a.png",))
    assert output_of("c", result, sees_images=True)["output"] == [
        {"type": "input_text", "text": "A bridge"},
        {"type": "input_image", "image_url": "https://a.example/a.png", "detail": "auto"},
    ]
    assert output_of("c", result, sees_images=False)["output"] == "A bridge"


def test_a_model_that_sees_no_images_reads_that_an_image_was_shown():
    output = output_of("c", ToolResult("", images=("https://a.example/a.png",)), sees_images=False)["output"]
    assert "cannot be shown" in output


@pytest.mark.parametrize(
    ("context", "completion", "tokens"),
    [(None, None, 128_000), (200_000, 64_000, 136_000), (8_000, 8_000, 4_000), (32_000, None, 32_000)],
)
def test_the_prompt_gets_the_context_minus_the_part_reserved_for_the_answer(context, completion, tokens):
    model = Model("m", "M", context_length=context, max_completion_tokens=completion)
    assert prompt_characters(model) == tokens * 4


def test_tools_on_offer_count_against_the_prompt():
    assert prompt_characters(None, [{"type": "function"}]) == 128_000 * 4 - len('{"type": "function"}')


def test_items_of_the_request_count_against_the_room():
    message = {"type": "message", "role": "user", "content": "12345"}
    seen = {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "123"}]}
    assert room_left(100, [message], [seen]) == 92


# --- at most once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idempotent", "new", "text"),
    [
        (False, True, None),
        (False, False, STARTED_BEFORE),
        (False, None, NOT_RECORDED),
        (True, True, None),
        (True, False, None),
        (True, None, None),
    ],
)
def test_a_call_runs_only_if_it_cannot_have_run_before(idempotent, new, text):
    refused = objection(ToolSpec("look", "", {}, "x", idempotent=idempotent), new=new)
    assert (refused.text if refused else None) == text
    assert refused is None or (refused.failed, refused.begun) == (True, False)


@pytest.mark.parametrize(
    ("name", "source", "declared", "may"),
    [
        ("search_web", BUILTIN, False, True),
        ("add_memory", BUILTIN, False, False),
        ("search_web", "mcp:web", False, False),
        ("get_time", "workspace:builtin", False, False),
        ("pay", "workspace:files", True, True),
    ],
)
def test_a_tool_may_repeat_if_its_author_says_so_or_a_builtin_tool_only_reads(name, source, declared, may):
    assert may_repeat(ToolSpec(name, "", {}, source, idempotent=declared)) is may


def test_the_same_arguments_have_the_same_hash_in_any_order():
    assert arguments_hash({"a": 1, "b": {"c": 2, "d": 3}}) == arguments_hash({"b": {"d": 3, "c": 2}, "a": 1})
    assert arguments_hash({"a": 1}) != arguments_hash({"a": "1"})


def test_outputs_that_may_be_shortened_count_no_more_than_what_always_stays_of_them():
    said = {"type": "message", "role": "assistant", "content": "x" * 50}
    long = {"type": "function_call_output", "call_id": "c", "output": "x" * 5_000}
    short = {"type": "function_call_output", "call_id": "d", "output": "x" * 20}
    assert room_left(10_000, [said, long, short], shortens=True) == 10_000 - 50 - LEAST - 20
    assert room_left(10_000, [said, long, short]) == 10_000 - 50 - 5_000 - 20
