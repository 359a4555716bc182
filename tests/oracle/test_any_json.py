"""Whatever JSON stands in a field: nothing raises, and what is sent satisfies the SDK and the closed schema."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.wire.request_body import serialise
from domain.request.body import Prepared, build
from domain.request.passed import PASSED
from domain.request.plugin_shapes import PLUGINS
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.refusals.chat import check_chat
from entrypoints.simulator.refusals.request import check_responses
from tests.adapters.openrouter.serialised import serialise_body
from tests.oracle.field_examples import EXAMPLES, GPT, REFUSED_VALUES, TOOL
from tests.oracle.test_field_coverage import MODELS, SAID
from tests.oracle.verdict import JUDGES

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 50),
    st.sampled_from([2**53, -(2**70), 10**400]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["auto", "explicit", "enforce", "openai", "\0", "\ud800", "\U0001f469" * 40, "x" * 600, "[]", "{"]),
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=70), inner, max_size=4)),
    max_leaves=12,
)
FIELDS = sorted({*CompletionsBody.model_fields, *PASSED, *REFUSED_VALUES} - {"model", "messages"})


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a field of a valid request in which one value, at any depth, is replaced by anything, or a key is added."""
    example = EXAMPLES[draw(st.sampled_from(sorted(EXAMPLES)))]
    body = {example.name: deepcopy(example.value), **(example.beside or {})}
    here: Any = body
    key: Any = example.name
    while isinstance(here[key], dict | list) and here[key] and draw(st.booleans()):
        here = here[key]
        key = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
    if isinstance(here, dict) and draw(st.booleans()):
        here[draw(st.text(max_size=70))] = draw(ANY_JSON)
    here[key] = draw(ANY_JSON)
    return body


plugins = st.lists(
    st.builds(
        lambda name, options: {**options, "id": name},
        st.sampled_from(sorted(PLUGINS)),
        st.dictionaries(st.sampled_from(sorted({key for shape in PLUGINS.values() for key in shape})), ANY_JSON),
    ),
    max_size=3,
)
bodies = st.one_of(
    spoiled(),
    st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=6),
    st.builds(lambda asked: {"plugins": asked}, plugins),
)


def prepared(body: dict[str, Any], defaults: str = "") -> Prepared:
    read = read_completions_body({"model": GPT, "messages": SAID, **body})
    assert isinstance(read, CompletionsBody)
    settings = Settings(api_key=Secret("sk-or-v1-any"), request_defaults=defaults)
    built = build(request_of(CallerRequest(GPT, tuple(read.messages), read.parameters()), settings), GPT, MODELS[GPT])
    assert isinstance(built, Prepared)
    return built


def complaints(built: Prepared) -> list[str]:
    sent = json.loads(serialise_body(built.request.body))
    check_responses(sent)
    check_chat(json.loads(serialise(chat_fields(built.request.body))))
    return [line for name in ("sdk", "schema") for line in JUDGES[name](sent, None) if ".provider.options." not in line]


@given(bodies)
def test_any_json_in_any_field_of_a_client_leaves_a_request_that_upstream_accepts(body: dict[str, Any]) -> None:
    built = prepared({"tools": [TOOL], **body})
    assert complaints(built) == []
    assert all(isinstance(name, str) and len(name) <= 80 for name in built.left_out)


@given(bodies)
def test_any_json_in_the_settings_leaves_a_request_that_upstream_accepts(body: dict[str, Any]) -> None:
    assert complaints(prepared({}, json.dumps(body))) == []


@given(st.sampled_from(FIELDS), ANY_JSON)
def test_the_json_text_of_a_value_never_raises(name: str, value: Any) -> None:
    assert complaints(prepared({name: json.dumps(value)})) == []
