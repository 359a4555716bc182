"""Calls that a server left in the text of an answer: which texts are read as calls, and which stay text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.leaked_calls import LONGEST, Leak, LeakedCall, beginnings, goes_on, leak_in, quoting
from tests.domain.conversation.leaked_forms import FORMS

OFFERED = frozenset({"look", "send"})
LOOK = LeakedCall("look", '{"q": "a"}')
HERMES = FORMS["Hermes, Qwen"]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_each_form_is_read_and_what_stands_before_it_stays(form: str) -> None:
    assert leak_in(form, OFFERED) == Leak(0, (LOOK,))
    assert leak_in(f"I will look.\n{form}\n", OFFERED) == Leak(13, (LOOK,))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_each_form_can_hold_several_calls(form: str) -> None:
    leak = leak_in(f"{form}\n{form.replace('look', 'send')}", OFFERED)

    assert leak is not None
    assert leak.calls == (LOOK, LeakedCall("send", '{"q": "a"}'))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize(
    "around",
    ["The format is `{}`", "```\n{}\n```", "```xml\n{}", "{}\nThis is how I call.", "{} <b>"],
    ids=[
        "in backticks",
        "in a fence",
        "in an open fence",
        "with words behind it",
        "with a tag behind it",
    ],
)
def test_what_is_quoted_or_goes_on_stays_text(form: str, around: str) -> None:
    assert leak_in(around.format(form), OFFERED) is None


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_what_stands_in_a_block_quote_stays_text(form: str) -> None:
    assert leak_in("It said:\n" + "".join(f"> {line}\n" for line in form.splitlines()), OFFERED) is None


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_no_other_tool_is_called(form: str) -> None:
    assert leak_in(form, frozenset({"send"})) is None
    assert leak_in(form, frozenset()) is None
    assert leak_in(f"{form}\n{form.replace('look', 'format_disk')}", OFFERED) is None
    assert leak_in(f"{form.replace('look', 'format_disk')}\n{form}", OFFERED) is None


@pytest.mark.parametrize(
    "text",
    [
        "The <tool_call> tag begins a call.",
        "<tool_call>",
        "<tool_call></tool_call>",
        '<tool_call>{"name": "look", "arguments": {"q": </tool_call>',
        '<tool_call>{"name": "look", "arguments": 5}</tool_call>',
        "<function=look>\n<parameter=q>\na\n</function>",
        "<function=look>",
        "[TOOL_CALLS]",
        "[TOOL_CALLS][]",
        '{"name": "look", "arguments": {"q": "a"}}',
        "look{}",
        "The tag is <tool_call>look",
        "[TOOL_CALLS]look",
    ],
)
def test_what_cannot_be_read_stays_text(text: str) -> None:
    assert leak_in(text, OFFERED) is None


def test_values_stand_as_they_were_written() -> None:
    text = "<function=look>\n<parameter=q>\n  if a < b:\n    <p>\n</parameter>\n<parameter=n>5</parameter>\n</function>"

    leak = leak_in(text, OFFERED)

    assert leak is not None
    assert json.loads(leak.calls[0].arguments) == {"q": "  if a < b:\n    <p>", "n": "5"}


@pytest.mark.parametrize(
    "text",
    [
        "<function=send>\n<parameter=text>\nWrite {}",
        '<tool_call>{{"name": "send", "arguments": {{"text": Write {}',
        "<tool_call>send<arg_key>text</arg_key><arg_value>Write {}",
        "<function=send>\n<parameter=text>" + "a" * LONGEST + "{}",
    ],
    ids=["without its end", "with odd quotes", "in pairs", "too long"],
)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_in_a_call_that_cannot_be_read_no_argument_is_taken_for_a_call(text: str, form: str) -> None:
    assert leak_in(text.format(form), OFFERED) is None


def test_a_call_after_words_about_calls_is_read() -> None:
    text = "A <function=look> tag begins one. Now:\n"

    assert leak_in(text + HERMES, OFFERED) == Leak(len(text), (LOOK,))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_calls_may_go_on_until_words_follow(form: str) -> None:
    twice = f"{form}\n{form.replace('look', 'send')}"

    assert all(goes_on(twice[:end]) for end in range(1, len(twice) + 1))
    for words in ("Done, it is sunny.", "I have looked.", "**Done**", "- it is sunny", "\u6211\u67e5\u4e86\uff0c"):
        assert not goes_on(f"{form}\n{words}")


@given(st.lists(st.sampled_from(["`", "``", "```", "x", "\n", "<", ">", " "]), max_size=12), st.integers(0, 12))
def test_what_is_quoted_after_a_text_is_quoted_after_what_stands_for_it(texts: list[str], cut: int) -> None:
    before, after = "".join(texts[:cut]), "".join(texts[cut:])
    short = quoting(quoting(before) + after)

    for ending in ("<tool_call>", "x<tool_call>", "`<tool_call>", "``x<tool_call>", "> <tool_call>"):
        expected = [at - len(before + after) for at in beginnings(before + after + ending)]
        assert [at - len(short) for at in beginnings(short + ending)] == expected


def test_bounds() -> None:
    long = '<tool_call>{"name": "look", "arguments": {"q": "' + "a" * LONGEST + '"}}</tool_call>'
    assert leak_in(long, OFFERED) is None
    assert leak_in(HERMES * 60, OFFERED) is None
    assert leak_in("<tool_call>" * 100_000 + "x", OFFERED) is None
    assert leak_in("<tool_call>{" + '"a":{' * 20_000, OFFERED) is None


PIECES = st.sampled_from(
    [
        *FORMS.values(),
        "<tool_call>",
        "</tool_call>",
        "<function=",
        "look",
        ">",
        "`",
        "```",
        "\n",
        "{",
        '"name"',
        "x",
        "<",
        "[T",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_either_text_or_ends_with_calls_of_offered_tools(text: str) -> None:
    leak = leak_in(text, OFFERED)

    if leak is not None:
        assert 0 <= leak.begins < len(text)
        assert {call.name for call in leak.calls} <= OFFERED
        assert all(isinstance(json.loads(call.arguments), dict) for call in leak.calls)
        assert leak_in(text[: leak.begins] + "`" + text[leak.begins :] + "`", OFFERED) is None
