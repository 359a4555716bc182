"""Calls that a model rejects are rendered as text, at their position and without loss."""

import pytest

from domain.conversation.calls_as_text import LONGEST_OUTPUT, takes_calls
from domain.conversation.items import items_of
from ports.catalog import Model, Reasoning

TOOLS = frozenset({"tools", "reasoning"})
THINKS = Reasoning(takes_effort=True)


def model(slug: str, parameters: frozenset[str] = TOOLS, reasoning: Reasoning | None = THINKS) -> Model:
    return Model(slug, slug, supported_parameters=parameters, reasoning=reasoning)


@pytest.mark.parametrize(
    ("slug", "entry", "takes"),
    [
        ("openai/gpt", model("openai/gpt"), True),
        ("openai/gpt", None, True),
        ("maker/plain", model("maker/plain", frozenset({"max_tokens"})), False),
        ("google/gemini-3.6-flash", model("google/gemini-3.6-flash"), False),
        ("~google/gemini-3-latest", None, False),
        ("google/gemini-2.5-pro", model("google/gemini-2.5-pro"), True),
        ("deepseek/deepseek-v4", model("deepseek/deepseek-v4"), False),
        ("deepseek/deepseek-v4", None, False),
        ("deepseek/deepseek-chat", model("deepseek/deepseek-chat", TOOLS, None), True),
        ("moonshotai/kimi-k2.6", model("moonshotai/kimi-k2.6"), False),
    ],
)
def test_calls_stay_calls_for_models_that_accept_them(slug, entry, takes):
    assert takes_calls(slug, entry) is takes


CALL = {"id": "c1", "function": {"name": "look", "arguments": '{"q": 1}'}}
HISTORY: list[dict[str, object]] = [
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "I look.", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "found"},
    {"role": "user", "content": "And?"},
]


def rendered(messages: list[dict[str, object]]) -> list[tuple[str, str]]:
    items = items_of(messages, None, 0, "google/gemini-3-pro")
    contents = [(item["role"], item["content"]) for item in items]
    return [(role, said if isinstance(said, str) else said[0]["text"]) for role, said in contents]


def test_call_and_output_are_rendered_as_text_at_their_position():
    assert rendered(HISTORY) == [
        ("user", "Why?"),
        ("assistant", "I look."),
        ("assistant", '[I called the tool look with {"q": 1}]'),
        ("user", "[The tool look answered: found]"),
        ("user", "And?"),
    ]


def test_huge_output_is_cut():
    huge: dict[str, object] = {"role": "tool", "tool_call_id": "c1", "content": "x" * 1_000_000}
    history = [*HISTORY[:2], huge]
    assert len(rendered(history)[-1][1]) < LONGEST_OUTPUT + 100
