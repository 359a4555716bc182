"""What values may do on a card, whatever the template around them is: be read. A parser of Markdown is the judge."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from entrypoints.sentences.template import parse
from entrypoints.sentences.template_places import as_markdown

NAMES = frozenset({"a", "b", "c", "items", "error_id", "support_url"})
PAGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARMLESS = {"paragraph", "inline", "text", "softbreak", "text_special"}
PLACES = (
    "{a}",
    "said: {a} and {b}",
    "{a}{b}",
    "before\n{a}\n{b}\nafter",
    "- {a}\n- {b}",
    "> {a}\n{b}",
    "### {a}",
    "**{a}** {b}",
    "[x]{a}",
    "[{a}](https://ok.example) {b}",
    "![{a}](https://ok.example/p.png)",
    "\\{a} {b}",
    "<{a}>",
    "<b {a}>x</b> {b}",
    "<div>\n{a}\n</div>",
    "https://{a} www.{b}",
    "https://x{a} http{b}://c",
    "me@{a} {b}@x.example",
    "`{a}` {b}",
    "one ` {a} two\n` {b}",
    "``{a}` {b}``",
    "\\`{a}` {b}",
    "```\n{a}\n```\n{b}",
    "~~~text\n{a} {b}\n~~~",
    "- ```\n\n  {a}\n  ```\n\n{b}",
    "> ```\n{a}\n```\n{b}\n```",
    "    {a}\n\n{b}",
    "| x | y |\n| - | - |\n| {a} | {b} |",
    "| x | y |\n| - | - |\n| `{a}` | {b} |",
    "| x |\n| - |\n`{a}` {b}",
    "- x\n\n   ```\n{a} {b}\n```",
    "1. x\n   ~~~\n{a}\n\n{b}",
    "${a}$ {b}",
    "{{#if a}}x {a}{{/if}}{b}",
)
HOSTILE = (
    *("# h", "=", "===", "---", "- x", "* x", "+ x", "1. x", "12) x", "> q", "    code", "\tcode", "| a | b |", "***"),
    *("[a](https://evil.example)", "](https://evil.example)", "(https://evil.example)", "[a]: https://evil.example"),
    *(
        "![p](https://evil.example/p.png)",
        "<img src=x onerror=y>",
        "img src=x onerror=y",
        "</div><script>",
        "<!--",
        "&lt;b",
    ),
    *(
        "https://evil.example",
        "www.evil.example",
        "://evil.example",
        "evil@evil.example",
        "@evil.example",
        "mailto:a@b.c",
    ),
    *("`", "``", "```", "~~~", "`` ` ``", "\\", "\\\\", "\\`", "$x$", "**b**", "_i_", "~~s~~", "x\n\n# h", "x\r# h"),
    *("x | <img src=y>", "a | [b](https://evil.example)"),
    *("{a}", "{b}", "{{#if a}}", "{{/if}}", "\x00", "\u202e", ":::warning", "<details>", "*", "_", "x*", "*x"),
)
VALUES = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=30), st.text("#*_`[]()<>!\\-+=1.:/@w\n ~|$&{}a", max_size=12)
)


def shown(text: str, **values: object) -> str:
    return as_markdown(parse(text, NAMES), values)  # type: ignore[arg-type]


def marks(text: str) -> list[str]:
    """The signs of Markdown that act in a text, and what links and pictures point to."""
    found = []
    for token in PAGE.parse(text):
        for part in (token, *(token.children or ())):
            kind = part.type.removesuffix("_open").removesuffix("_close")
            if kind not in HARMLESS:
                found.append(f"{kind} {part.attrGet('href') or part.attrGet('src') or ''}")
    return found


def one_line(text: str) -> str:
    """A value as templates get it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


@given(st.sampled_from(PLACES), VALUES, VALUES)
@example("<div>\n{a}\n</div>", "<img src=x onerror=y>", "x")
@example("| x | y |\n| - | - |\n| `{a}` | {b} |", "x | <img src=y>", "x")
@example("- x\n\n   ```\n{a} {b}\n```", "<b>", "# h")
@example("[x]{a}", "(https://evil.example)", "x")
@example("> ```\n{a}\n```\n{b}\n```", "<b>", "<b>")
def test_value_adds_no_sign_of_markdown_whatever_the_place(place, first, second):
    values = {"a": one_line(first) or "x", "b": one_line(second) or "x"}
    written = shown(place, **values)
    assert marks(written) == marks(shown(place, a="x", b="x"))
    assert not re.search(r"(?<!\\)://(?!ok\.example|c)|(?<!\\)@|(?<![\w\\])www\.", without_code(written))


def without_code(text: str) -> str:
    """A text without what stands in code."""
    for token in PAGE.parse(text):
        for part in (token, *(token.children or ())):
            if part.type in ("code_inline", "fence", "code_block"):
                for line in part.content.splitlines():
                    text = text.replace(line, "")
    return text


@given(VALUES)
def test_value_in_a_paragraph_reads_as_it_was(value):
    value = one_line(value) or "x"
    (inline,) = [token for token in PAGE.parse("a " + shown("a {a}", a=value)[2:]) if token.type == "inline"]
    read = "".join(part.content for part in inline.children or ())
    assert read.replace("\u200b", "") == f"a {value}".replace("\u200b", "")


@given(VALUES)
def test_value_in_code_is_not_escaped(value):
    value = one_line(value) or "x"
    (inline,) = [token for token in PAGE.parse(shown("a `{a}`.", a=value)) if token.type == "inline"]
    (code,) = [part.content for part in inline.children or () if part.type == "code_inline"]
    assert code.strip() == value.replace("`", "'")
