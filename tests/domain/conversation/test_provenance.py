"""Thinking is sent again only to the model that produced it, complete and sealed."""

from dataclasses import replace

import pytest

from domain.conversation.provenance import bare, same_model, taken_by, thinking_goes_back
from ports.catalog import Model, Reasoning
from ports.responses import CHAT_DETAILS, Endpoint
from tests.domain.conversation.kept_turns import (
    CLAUDE,
    DEEPSEEK,
    GEMINI,
    OPENAI,
    answer,
    call,
    output,
    record,
    sealed_thought,
    signed_thought,
    tool_turn,
)

TOOLS = frozenset({"tools", "reasoning"})


def entry(slug: str, canonical: str = "", parameters: frozenset[str] = TOOLS) -> Model:
    return Model(slug, slug, canonical_slug=canonical, supported_parameters=parameters, reasoning=Reasoning())


def answered_by(model: str):
    return replace(tool_turn(), model=model)


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("~openai/gpt-latest", "openai/gpt-latest"),
        ("openai/gpt-5:free", "openai/gpt-5"),
        ("openai/gpt-5:online:nitro", "openai/gpt-5"),
        ("openai/gpt-5@preset/mine", "openai/gpt-5"),
        ("@preset/mine", ""),
        ("", ""),
    ],
)
def test_bare_slug_has_no_alias_mark_variant_or_preset(slug, expected):
    assert bare(slug) == expected


@pytest.mark.parametrize(
    ("answered", "slug", "canonical"),
    [
        (OPENAI, OPENAI, ""),
        (OPENAI, f"{OPENAI}:nitro", ""),
        (f"{OPENAI}:free", OPENAI, ""),
        (f"{OPENAI}-2025-08-07", OPENAI, ""),
        (f"{OPENAI}-20250807", OPENAI, ""),
        (f"{OPENAI}-20250807", OPENAI, f"{OPENAI}-20250807"),
        (f"{OPENAI}-20250807", f"{OPENAI}@preset/x", OPENAI),
    ],
)
def test_dated_name_and_slug_name_the_same_model(answered, slug, canonical):
    assert same_model(answered_by(answered), slug, entry(slug, canonical))


@pytest.mark.parametrize(
    ("answered", "slug", "canonical"),
    [
        ("", OPENAI, ""),
        (OPENAI, "", ""),
        (OPENAI, CLAUDE, ""),
        (f"{OPENAI}-mini", OPENAI, ""),
        (f"{OPENAI}-mini-20250807", OPENAI, ""),
        (f"{OPENAI}-20250807", OPENAI, f"{OPENAI}-20260101"),
        (OPENAI, "openrouter/auto", ""),
        ("openrouter/auto", "openrouter/auto", ""),
        (OPENAI, "~openai/gpt-latest", ""),
    ],
)
def test_other_models_aliases_and_routers_are_not_the_same_model(answered, slug, canonical):
    assert not same_model(answered_by(answered), slug, entry(slug, canonical))


@pytest.mark.parametrize(("model", "turn"), [(OPENAI, tool_turn()), (CLAUDE, tool_turn(model=CLAUDE))])
def test_sealed_and_signed_thinking_is_sent_again(model, turn):
    assert thinking_goes_back(turn, model, entry(model))


def unsealed(**keys):
    return {"type": "reasoning", "id": "rs_a", "summary": [], **keys}


CONTENT = [{"type": "reasoning_text", "text": "hm"}]


@pytest.mark.parametrize(
    ("model", "thought"),
    [
        (CLAUDE, unsealed(content=CONTENT)),
        (CLAUDE, unsealed(content=CONTENT, signature="")),
        ("other/claude", unsealed(content=CONTENT, format="anthropic-claude-v1")),
        (OPENAI, unsealed(summary=[{"type": "summary_text", "text": "hm"}])),
        ("x-ai/grok-4", unsealed(content=CONTENT)),
    ],
)
def test_one_missing_seal_excludes_all_thinking_of_the_turn(model, thought):
    turn = record(sealed_thought("b"), call("c"), output("c"), thought, answer("Yes.", "a"), model=model)
    assert not thinking_goes_back(turn, model, entry(model))


@pytest.mark.parametrize("model", [DEEPSEEK, "openai/gpt-oss-120b"])
def test_open_models_need_no_seals(model):
    turn = record(unsealed(content=CONTENT), call("c"), output("c"), answer("Yes."), model=model)
    assert thinking_goes_back(turn, model, entry(model))


@pytest.mark.parametrize("model", [DEEPSEEK, "moonshotai/kimi-k2", GEMINI])
def test_thinking_is_not_sent_to_a_model_that_needs_it_in_every_round_if_one_round_has_none(model):
    turn = record(sealed_thought(), call("c"), output("c"), call("d"), output("d"), answer("Yes."), model=model)
    assert not thinking_goes_back(turn, model, entry(model))
    assert thinking_goes_back(replace(turn, model=OPENAI), OPENAI, entry(OPENAI))


def test_gemini_needs_a_seal_in_each_round_with_calls():
    turn = record(unsealed(content=CONTENT), call("c"), output("c"), answer("Yes."), model=GEMINI)
    assert not thinking_goes_back(turn, GEMINI, entry(GEMINI))


def test_model_without_tools_gets_no_thinking_about_calls():
    assert not thinking_goes_back(tool_turn(), OPENAI, entry(OPENAI, parameters=frozenset({"reasoning"})))


def test_incomplete_turn_and_turn_without_thinking_send_none():
    assert not thinking_goes_back(replace(tool_turn(), whole=False), OPENAI)
    assert not thinking_goes_back(record(call("c"), output("c")), OPENAI)


def test_claude_thinking_without_text_needs_no_signature():
    turn = record({**signed_thought(), "content": [], "signature": None}, answer("Yes."), model=CLAUDE)
    assert thinking_goes_back(turn, CLAUDE)


ASKED = {"type": "message", "role": "user", "content": "Hi"}
SAID = {"type": "message", "role": "assistant", "content": "Hello."}
CALLED = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
READABLE = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], CHAT_DETAILS: [{"index": 0}]}
WORDLESS = {"type": "reasoning", "summary": [], CHAT_DETAILS: [{"index": 0}]}
NATIVE = {"type": "reasoning", "summary": []}


@pytest.mark.parametrize(
    ("items", "taken"),
    [
        ((ASKED, READABLE, SAID), (ASKED, READABLE, SAID)),
        ((ASKED, READABLE, CALLED), (ASKED, READABLE, CALLED)),
        ((ASKED, READABLE, READABLE, SAID), (ASKED, READABLE, READABLE, SAID)),
        ((ASKED, SAID, READABLE), (ASKED, SAID)),
        ((ASKED, READABLE, ASKED), (ASKED, ASKED)),
        ((ASKED, READABLE, WORDLESS), (ASKED,)),
        ((ASKED, WORDLESS, CALLED), (ASKED, CALLED)),
        ((ASKED, NATIVE, ASKED), (ASKED, NATIVE, ASKED)),
    ],
    ids=[
        "answer",
        "call",
        "more thinking",
        "last",
        "before a question",
        "only wordless after it",
        "wordless",
        "native",
    ],
)
def test_thinking_of_chat_completions_is_sent_to_responses_only_if_not_empty_and_followed(items, taken):
    assert taken_by(Endpoint.RESPONSES, items) == taken
    assert taken_by(Endpoint.CHAT, items) is items


def test_items_without_thinking_of_chat_completions_are_not_copied():
    items = (ASKED, NATIVE, SAID)
    assert taken_by(Endpoint.RESPONSES, items) is items
