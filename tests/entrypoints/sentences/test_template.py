"""The language of card templates: variables, blocks, lines that are left out, and flaws with their places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.sentences.template import (
    DEEPEST,
    LONGEST_TEMPLATE,
    LONGEST_TEXT,
    TemplateError,
    TooLong,
    parse,
)
from entrypoints.sentences.template_places import as_markdown, as_plain

NAMES = frozenset({"a", "b", "c", "items", "error_id", "support_url"})


def shown(text: str, **values: object) -> str:
    return as_markdown(parse(text, NAMES), values)  # type: ignore[arg-type]


# --- the language -----------------------------------------------------------------------------------------


def test_variables_are_replaced_and_other_braces_stay():
    assert shown('{a} and {"a": 1} { b }', a="x") == 'x and {"a": 1} { b }'


def test_line_whose_variable_has_no_value_is_left_out():
    text = "one\nA: {a}\nB: {b}\nlast"
    assert shown(text, a="", b=()) == "one\nlast"
    assert shown(text, a="0", b="x") == "one\nA: 0\nB: x\nlast"


def test_block_is_shown_only_with_a_value_and_leaves_no_empty_line():
    text = "one\n{{#if a}}\nA: {a}\nmore\n{{/if}}\nlast"
    assert shown(text) == "one\nlast"
    assert shown(text, a="0") == "one\nA: 0\nmore\nlast"


def test_blocks_nest_and_stand_within_lines():
    text = "x{{#if a}} a{{#if b}} and b{{/if}}{{/if}}."
    assert [shown(text), shown(text, a="1"), shown(text, a="1", b="1"), shown(text, b="1")] == [
        "x.",
        "x a.",
        "x a and b.",
        "x.",
    ]


def test_list_is_written_as_a_list_where_it_stands_alone_else_in_one_line():
    assert shown("Reasons:\n{items}", items=("one", "- two")) == "Reasons:\n- one\n- \\- two"
    assert shown("Reasons: {items}.", items=("one", "two")) == "Reasons: one; two."


def test_value_is_expanded_once():
    assert shown("{a}{{#if c}}never{{/if}}", a="{b} {{#if a}}", b="secret") == r"\{b\} \{\{\#if a\}\}"


def test_address_of_a_link_may_hold_what_we_checked():
    assert shown("[help]({support_url}?id={error_id})", support_url="https://h.example", error_id="00ff") == (
        "[help](https://h.example?id=00ff)"
    )


def test_plain_text_has_no_signs_of_markdown():
    text = "### It *failed*\n\n**Why:** `{a}`\n---\n- {b}\n> {items}\n```\n{a}\n```"
    lines = as_plain(parse(text, NAMES), {"a": "a *b*", "b": "c", "items": ("d", "e")})
    assert lines == ["It *failed*", "Why: a *b*", "c", "d; e", "a *b*"]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("x\n{{#if a}}\ny", "line 2: {{#if a}} is never closed"),
        ("x{{/if}}", "line 1: {{/if}} closes nothing"),
        ("\n\n{{else}}", "line 3: {{else}} is neither"),
        ("{{#if }}x{{/if}}", "line 1: {{#if }} is neither"),
        ("x\n{nothing}", "line 2: there is no variable {nothing}"),
        ("{{#if nothing}}{{/if}}", "line 1: there is no variable {nothing}"),
        ("{{#if a}}" * 1_000, f"line 1: more than {DEEPEST} blocks"),
        ("{{#if a}}" * 10_000, "longer than"),
        ("x" * 10_000_000, f"longer than {LONGEST_TEMPLATE:,} bytes"),
        ("\u20ac" * (LONGEST_TEMPLATE // 3 + 1), "longer than"),
        ("x\n[a](https://x.example/{a})", "line 2: {a} cannot stand in an address"),
        ("![x](\n<{a}>)", "line 1: {a} cannot stand in an address"),
        ("[x](a(b)c{a})", "line 1: {a} cannot stand in an address"),
        ("[x]: {a}", "line 1: {a} cannot stand in an address"),
        ("```{a}\nx\n```", "line 1: a variable cannot stand beside the signs of a fence"),
    ],
)
def test_flaw_of_a_template_is_named_with_its_place(text, flaw):
    with pytest.raises(TemplateError) as error:
        parse(text, NAMES)
    assert flaw in str(error.value)
    assert len(str(error.value)) < 200


def test_text_that_grows_beyond_bounds_is_given_up():
    value = "x" * 2_000
    for text in ("{a}" * 5_000, "{a}\n" * 4_000):
        with pytest.raises(TooLong):
            shown(text, a=value)
    assert len(shown("{a}\n" * 10, a=value)) < LONGEST_TEXT


@given(st.text(), st.text(max_size=30))
def test_any_text_is_a_template_or_has_one_flaw(text, value):
    try:
        template = parse(text, NAMES)
    except TemplateError:
        return
    as_markdown(template, {"a": value.strip(), "items": (value,)})
    as_plain(template, {"a": value.strip(), "items": (value,)})


@given(st.lists(st.sampled_from(["{a}", "{b}", "{{#if a}}", "{{/if}}", "\n", "x", "`", "```", " ", "<", "](", "\\"])))
def test_any_order_of_parts_is_a_template_or_has_one_flaw(parts):
    try:
        template = parse("".join(parts), NAMES)
    except TemplateError:
        return
    as_markdown(template, {"a": "v", "b": ""})
