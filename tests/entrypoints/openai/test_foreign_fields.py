"""Fields of other APIs mean what they mean there, unless the usual field says something else."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.openai.foreign_fields import FOREIGN
from tests.examples import examples


def read(**fields: Any) -> CompletionsBody:
    body = read_completions_body({"model": "a/b", "messages": [{"role": "user", "content": "hi"}], **fields})
    assert isinstance(body, CompletionsBody)
    return body


THINKING: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Anthropic, on": ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {"enabled": True, "max_tokens": 2048}),
    "Anthropic, adaptive": ({"thinking": {"type": "adaptive"}}, {"enabled": True}),
    "Anthropic, off": ({"thinking": {"type": "disabled"}}, {"enabled": False}),
    "Anthropic, effort": ({"output_config": {"effort": "low"}}, {"effort": "low"}),
    "Ollama, off": ({"think": False}, {"enabled": False}),
    "Ollama, effort": ({"think": "high"}, {"effort": "high"}),
    "Qwen, off": ({"enable_thinking": False}, {"enabled": False}),
    "Qwen, budget": ({"enable_thinking": True, "thinking_budget": 1500}, {"enabled": True, "max_tokens": 1500}),
    "Google, none": ({"thinking_budget": 0}, {"enabled": False}),
    "Google, as the model likes": ({"thinking_budget": -1}, {"enabled": True}),
    "vLLM": ({"chat_template_kwargs": {"enable_thinking": False}}, {"enabled": False}),
    "vLLM, DeepSeek": ({"chat_template_kwargs": {"thinking": True}}, {"enabled": True}),
    "vLLM, as text": ({"chat_template_kwargs": '{"enable_thinking": false}'}, {"enabled": False}),
    "a switch": ({"reasoning": False}, {"enabled": False}),
    "a word": ({"reasoning": " High "}, {"effort": "high"}),
    "an effort as an object": ({"reasoning_effort": {"effort": "high"}}, {"effort": "high"}),
    "an effort that is a switch": ({"reasoning_effort": "off"}, {"enabled": False}),
    "a usual effort that is a switch": ({"reasoning": {"effort": "Off"}}, {"enabled": False}),
    "the usual field alone": ({"reasoning": {"effort": "low"}, "think": False}, {"effort": "low"}),
    "the usual effort alone": ({"reasoning_effort": "low", "think": False}, {"effort": "low"}),
    "a usual key of another kind": (
        {"reasoning": {"summary": "auto"}, "think": False},
        {"summary": "auto", "enabled": False},
    ),
    "nonsense": ({"thinking": 3, "think": [], "thinking_budget": True, "output_config": "x"}, {}),
}


@pytest.mark.parametrize(("asked", "wishes"), THINKING.values(), ids=THINKING)
def test_thinking_is_asked_for_in_every_way(asked: dict[str, Any], wishes: dict[str, Any]) -> None:
    parameters = read(**asked).parameters()
    assert (parameters.reasoning, parameters.ignored) == (wishes, ())


def test_a_system_prompt_beside_the_messages_instructs() -> None:
    parts = [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}, 3]
    assert read(system="Be kind.").parameters().passed == {"instructions": "Be kind."}
    assert read(system='{"tone": "kind"}').parameters().passed == {"instructions": '{"tone": "kind"}'}
    assert read(system=parts).parameters().passed == {"instructions": "Be kind.\n\nBe brief."}
    assert read(system="Be kind.", instructions="Be brief.").parameters().passed == {"instructions": "Be brief."}


def test_stop_sequences_stop() -> None:
    assert read(stop_sequences=["END"]).parameters().stop == ("END",)
    assert read(stop_sequences=["END"], stop="X").parameters().stop == ("X",)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["off", "high", "enabled"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "effort", "text"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@examples(200)
@given(st.dictionaries(st.sampled_from(sorted(FOREIGN)), values, max_size=4))
def test_no_value_of_them_fails_a_request(asked: dict[str, Any]) -> None:
    read(**asked).parameters()


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
NAMED = {"name": "answer", "schema": SCHEMA}
BARE = {"type": "json_schema", "json_schema": {"schema": SCHEMA}}
FLAT = {"type": "json_schema", "schema": SCHEMA}
FORMATS: Mapping[str, tuple[dict[str, Any], object]] = {
    "a word": ({"response_format": "json_object"}, {"type": "json_object"}),
    "a short word": ({"response_format": " JSON "}, {"type": "json_object"}),
    "text": ({"response_format": "text"}, {"type": "text"}),
    "Anthropic": ({"output_config": {"format": FLAT}}, FLAT),
    "Anthropic, with an effort": ({"output_config": {"format": FLAT, "effort": "low"}}, FLAT),
    "Anthropic, beta": ({"output_format": FLAT}, FLAT),
    "Ollama, JSON": ({"format": "json"}, {"type": "json_object"}),
    "Ollama, a schema": ({"format": SCHEMA}, BARE),
    "vLLM, older": ({"guided_json": SCHEMA}, BARE),
    "vLLM, older, as text": ({"guided_json": '{"type": "object", "properties": {"a": {"type": "string"}}}'}, BARE),
    "vLLM": ({"structured_outputs": {"json": SCHEMA}}, BARE),
    "llama.cpp": ({"json_schema": SCHEMA}, BARE),
    "a schema with a name": ({"json_schema": NAMED}, {"type": "json_schema", "json_schema": NAMED}),
    "the usual field counts": ({"response_format": {"type": "text"}, "format": "json"}, {"type": "text"}),
    "a picture's format": ({"output_format": "png"}, None),
    "an audio format": ({"format": "mp3"}, None),
}


@pytest.mark.parametrize(("asked", "wish"), FORMATS.values(), ids=FORMATS)
def test_the_format_of_an_answer_is_asked_for_in_every_way(asked: dict[str, Any], wish: object) -> None:
    parameters = read(**asked).parameters()
    assert (parameters.response_format, parameters.ignored) == (wish, ())


def test_a_picture_keeps_its_format() -> None:
    assert read(output_format="png").parameters().drawing == {"output_format": "png"}


@pytest.mark.parametrize("name", ["max_new_tokens", "n_predict", "num_predict"])
def test_a_limit_of_tokens_has_many_names(name: str) -> None:
    assert read(**{name: 50}).parameters().max_output_tokens == 50
    assert read(**{name: 50}, max_tokens=70).parameters().max_output_tokens == 70


def test_numbers_in_options_and_fields_in_an_extra_body_count_below_those_beside_them() -> None:
    options = {"num_predict": 50, "temperature": 0.1, "repeat_penalty": 1.1, "num_ctx": 4096, "seed": None}
    extra = {
        "temperature": 0.2,
        "top_p": 0.5,
        "provider": {"order": ["a"]},
        "model": "x/y",
        "messages": [],
        "stream": True,
    }
    asked = read(options=options, extra_body=extra, top_p=0.9)
    parameters = asked.parameters()

    assert (asked.model, asked.stream) == ("a/b", False)
    assert (parameters.max_output_tokens, parameters.temperature, parameters.top_p) == (50, 0.2, 0.9)
    assert (parameters.chat_only, parameters.provider) == ({"repetition_penalty": 1.1}, {"order": ["a"]})
    assert read(extra_body='{"temperature": 0.2}').parameters().temperature == 0.2


@pytest.mark.parametrize("odd", [3, "x", [], None, {}])
def test_an_odd_extra_body_is_none(odd: object) -> None:
    assert read(extra_body=odd, options=odd).parameters() == read().parameters()
