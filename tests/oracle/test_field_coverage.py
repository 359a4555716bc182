"""The table of fields against the official SDK, and every field on its way upstream from each of its three origins."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openrouter.components import ResponsesRequest

from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.wire.request_body import serialise
from domain.request.body import Prepared, build
from domain.request.coverage import FIELDS, REFUSED_WORDS, Refused, absent_on_chat, checks
from domain.request.shapes import OneOf, SomeOf
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.settings_snapshot import snapshot
from ports.catalog import Model, Reasoning
from ports.responses import ResponsesBody
from tests.adapters.openrouter.serialised import serialise_body
from tests.oracle.field_examples import CLAUDE, ELSEWHERE, EXAMPLES, GPT, REFUSED_VALUES, Example
from tests.oracle.sdk_fields import sdk_fields
from tests.oracle.sdk_judge import judge

SDK = sdk_fields()
PARAMETERS = frozenset(
    {"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "top_logprobs", "stop", "tools"}
    | {"tool_choice", "reasoning", "reasoning_effort", "response_format", "structured_outputs", "verbosity"}
)
MODELS = {
    slug: Model(
        slug,
        slug,
        max_completion_tokens=8000,
        output_modalities=frozenset({"text", "image"}),
        supported_parameters=PARAMETERS,
        reasoning=Reasoning(takes_effort=True, takes_budget=True),
    )
    for slug in (GPT, CLAUDE)
}
SAID = [{"role": "user", "content": "Why?"}]
API, ROW, SETTING = "an API client", "a model row", "the settings"


def built(body: dict[str, Any], slug: str = GPT, **advanced: str) -> Prepared:
    """Build the request for a client's body, with lines of the ADVANCED box."""
    lines = "\n".join(f"{name}={value}" for name, value in advanced.items())
    settings, problems = snapshot({"API_KEY": "sk-or-v1-fields", "ADVANCED": lines}, None, {})
    assert problems == ()
    read = read_completions_body({"model": slug, "messages": SAID, **body})
    assert isinstance(read, CompletionsBody)
    request = request_of(CallerRequest(slug, tuple(read.messages), read.parameters()), settings)
    prepared = build(request, slug, MODELS[slug])
    assert isinstance(prepared, Prepared)
    return prepared


def as_in_a_row(value: Any) -> Any:
    """Return a value as the form of a model row leaves it where the host does not parse it: JSON as text."""
    return json.dumps(value) if isinstance(value, dict | list) else value


def asked_from(origin: str, example: Example) -> Prepared:
    beside = example.beside or {}
    if origin == SETTING:
        return built(beside, example.slug, REQUEST_DEFAULTS=json.dumps({example.name: example.value}))
    value = as_in_a_row(example.value) if origin == ROW and example.name != "stop" else example.value
    return built({example.name: value, **beside}, example.slug)


def paths(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of a value as the SDK names them: alternatives by their tag."""
    yield path
    if isinstance(value, list):
        for entry in value:
            yield from paths(entry, path)
    elif isinstance(value, dict):
        tagged = next((f"{path}.{value[tag]}" for tag in ("id", "type") if f"{path}.{value.get(tag)}.{tag}" in SDK), "")
        for key, entry in value.items():
            below = f"{tagged or path}.{key}"
            yield from paths(entry, below if below in SDK else path)


def holds(sent: Any, given: Any) -> bool:
    """Return whether everything given is in what is sent; objects and lists may hold more."""
    if isinstance(given, dict):
        return isinstance(sent, dict) and all(holds(sent.get(key), value) for key, value in given.items())
    if isinstance(given, list):
        return isinstance(sent, list) and all(any(holds(one, entry) for one in sent) for entry in given)
    return bool(sent == given)


def test_every_field_of_the_sdk_has_a_verdict_and_no_other_has_one() -> None:
    refused = tuple(f"{name}." for name, verdict in FIELDS.items() if isinstance(verdict, Refused))
    told = {path.replace(".*", "") for path, _ in checks()} | FIELDS.keys()
    unknown = {path for path in SDK if path not in told and not path.startswith(refused)}
    assert (unknown, told - SDK.keys()) == (set(), set())


def test_every_word_of_the_sdk_is_accepted_or_refused_with_a_reason() -> None:
    ours: dict[str, set[str]] = {}
    for path, check in checks():
        if isinstance(check, OneOf | SomeOf):
            ours.setdefault(path.replace(".*", ""), set()).update(check.choices)
    expected = {path: SDK[path] - REFUSED_WORDS.get(path, {}).keys() for path in ours if SDK[path]}
    assert {path: ours[path] for path in expected} == expected


def test_a_field_that_a_newer_sdk_adds_is_named() -> None:
    class Newer(ResponsesRequest):
        mood: str | None = None

    assert sdk_fields(Newer).keys() - SDK.keys() == {"mood"}


def test_the_examples_use_every_path_of_the_sdk() -> None:
    used = {path for example in EXAMPLES.values() for path in paths(example.value, example.name)}
    refused = tuple(f"{name}." for name in REFUSED_VALUES)
    assert {path for path in SDK if not path.startswith(refused)} - used - REFUSED_VALUES.keys() <= ELSEWHERE
    assert REFUSED_VALUES.keys() == {name for name, verdict in FIELDS.items() if isinstance(verdict, Refused)}


@pytest.mark.parametrize("origin", [API, ROW, SETTING])
@pytest.mark.parametrize("name", EXAMPLES)
def test_field_arrives_and_the_sdk_accepts_it(name: str, origin: str) -> None:
    example = EXAMPLES[name]
    prepared = asked_from(origin, example)
    sent = json.loads(serialise_body(prepared.request.body))

    assert holds(sent.get(example.name), example.sent or example.value)
    assert prepared.left_out == ()
    assert judge(sent, None) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_field_goes_to_chat_completions_or_is_named(name: str) -> None:
    example = EXAMPLES[name]
    slug = example.slug
    prepared = built(
        {example.name: example.value, **(example.beside or {})}, slug, DEFAULT_LLM_ENDPOINT="chat_completions"
    )
    sent = json.loads(serialise(chat_fields(prepared.request.body)))
    names = {"max_output_tokens": "max_tokens", "max_tool_calls": "stop_server_tools_when", "text": "verbosity"}
    found = sent.get(names.get(example.name, example.name), sent.get("response_format"))

    if example.name == "instructions":
        assert sent["messages"][0] == {"role": "system", "content": example.value}
    elif absent_on_chat(example.name):
        assert example.name not in sent
        assert example.name in prepared.left_out or example.name == "include"
    else:
        assert found is not None


@pytest.mark.parametrize("name", REFUSED_VALUES)
def test_refused_field_is_named_and_not_sent(name: str) -> None:
    prepared = built({name: REFUSED_VALUES[name]})
    assert prepared.left_out == (name,)
    assert name not in json.loads(serialise_body(prepared.request.body))


def test_every_field_of_a_body_is_one_of_upstream() -> None:
    ours = set(ResponsesBody.__slots__) - {"chat_only"}
    assert ours <= FIELDS.keys()
    assert FIELDS.keys() - ours == {"background", "debug", "previous_response_id", "store"}
