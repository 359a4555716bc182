"""A refused field, key or plugin is left out by its own name, and everything around it stays."""

from dataclasses import replace
from typing import Any

import pytest

from domain.request.lessons import learner_of, parameters_of
from domain.request.repair import Lesson, applied, lesson_of
from domain.request.turn_request import Parameters, TurnRequest
from ports.response_events import Quoted, UpstreamProblem
from ports.responses import Endpoint, ResponsesBody, Route, UpstreamRequest

SEARCH = {"type": "openrouter:web_search"}
LOOK = {"type": "function", "name": "look", "strict": False, "parameters": {"type": "object", "properties": {}}}
SQL = {"type": "custom", "name": "sql"}
BODY = ResponsesBody(
    "maker/model",
    ({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why?"}]},),
    reasoning={"effort": "high", "mode": "pro", "context": "all_turns"},
    include=("reasoning.encrypted_content", "file_search_call.results"),
    text={"verbosity": "low", "format": {"type": "json_object"}},
    tools=(LOOK, SQL, SEARCH),
    trace={"trace_id": "t"},
    prompt={"id": "p"},
    metadata={"a": "b"},
    user="u",
    safety_identifier="s",
    service_tier="flex",
    prompt_cache_options={"mode": "explicit"},
    deferred_tools={"profile": "portable"},
    stop_server_tools_when=({"type": "step_count_is", "step_count": 3},),
    provider={"order": ["openai"], "options": {"openai": {"x": 1}}},
    plugins=({"id": "web"}, {"id": "auto-router", "cost_tier": "low"}, {"id": "alignment", "rules": []}),
)
SENT = UpstreamRequest(BODY)
WORDS = [
    "Unknown parameter: '{}'.",
    "{}: Extra inputs are not permitted",
    "Unsupported parameter: '{}' is not supported with this model.",
    "Unrecognized key(s) in object: '{}'",
    "body.{}: Input should be a valid string",
    "Invalid input at /{}",
    "Unrecognized request argument supplied: {}",
    "'{}' is not supported for this provider",
]
WHOLE = [
    *("trace", "prompt", "metadata", "user", "safety_identifier", "service_tier", "prompt_cache_options"),
    *("deferred_tools", "stop_server_tools_when"),
]
KEYS = {"reasoning.mode": ("reasoning", "mode"), "reasoning.context": ("reasoning", "context")} | {
    "mode": ("reasoning", "mode"),
    "provider.options": ("provider", "options"),
    "text.verbosity": ("text", "verbosity"),
    "verbosity": ("text", "verbosity"),
}
PLUGINS = {
    "plugins[0]": ["auto-router", "alignment"],
    "plugins.1.cost_tier": ["web", "alignment"],
    "plugins": ["alignment"],
}


def problems(name: str) -> list[UpstreamProblem]:
    quoted = Quoted(param=name, code="unsupported_parameter", text="Not supported")
    return [
        *(UpstreamProblem(400, "invalid_request", words.format(name)) for words in WORDS),
        UpstreamProblem(400, "invalid_request", "Provider returned error", quoted=quoted),
    ]


def body_after(problem: UpstreamProblem, body: ResponsesBody = BODY) -> ResponsesBody:
    sent = UpstreamRequest(body)
    lesson = lesson_of(problem, sent, frozenset())
    return applied(sent, lesson).body if lesson else body


@pytest.mark.parametrize("name", WHOLE)
def test_a_refused_field_is_left_out_whole_however_it_is_named(name):
    empty: dict[str, Any] = {name: () if name == "stop_server_tools_when" else None}
    assert {body_after(problem) == replace(BODY, **empty) for problem in problems(name)} == {True}


@pytest.mark.parametrize("name", KEYS)
def test_a_refused_key_is_left_out_of_its_field_and_the_others_stay(name):
    field, key = KEYS[name]
    kept: dict[str, Any] = {field: {other: value for other, value in getattr(BODY, field).items() if other != key}}
    assert {body_after(problem) == replace(BODY, **kept) for problem in problems(name)} == {True}


@pytest.mark.parametrize("name", PLUGINS)
def test_a_refused_plugin_is_left_out_and_one_that_protects_never(name):
    assert [[one["id"] for one in body_after(problem).plugins] for problem in problems(name)] == [PLUGINS[name]] * len(
        problems(name)
    )


@pytest.mark.parametrize("words", ["Plugin 'web' is not available.", "The web plugin is not supported here."])
def test_a_plugin_is_recognised_by_its_id(words):
    kept = [one["id"] for one in body_after(UpstreamProblem(400, "", words)).plugins]
    assert kept == ["auto-router", "alignment"]


def test_thinking_still_comes_back_when_the_callers_words_of_include_are_refused():
    left = {body_after(problem).include for problem in problems("include")}
    assert left == {("reasoning.encrypted_content",)}


@pytest.mark.parametrize("words", ["The prompt is too long.", "Your prompt was flagged.", "No trace of the model."])
def test_plain_words_are_no_names_of_fields(words):
    after = body_after(UpstreamProblem(400, "invalid_request", words))
    assert (after.prompt, after.trace) == (BODY.prompt, BODY.trace)


def test_no_tool_runs_upstream_without_its_limit_of_cost():
    limited = replace(BODY, stop_server_tools_when=({"type": "max_cost", "max_cost_in_dollars": 0.1},))
    sent = UpstreamRequest(limited)
    lesson = lesson_of(UpstreamProblem(400, "", "Unknown parameter: 'stop_server_tools_when'."), sent, frozenset())
    assert lesson == Lesson("without_tools", "openrouter:web_search")
    after = applied(sent, lesson).body
    assert (after.stop_server_tools_when, after.tools) == ((), (LOOK, SQL))


def test_nothing_about_tools_is_sent_when_the_last_tool_is_left_out():
    sent = UpstreamRequest(replace(BODY, tools=(SQL,), tool_choice="required", parallel_tool_calls=True))
    for after in (applied(sent, Lesson("without_tools", "sql")), applied(sent, Lesson("endpoint"))):
        body = after.body
        assert (body.tools, body.tool_choice, body.parallel_tool_calls, body.deferred_tools) == ((), None, None, None)
    assert after.endpoint is Endpoint.CHAT


@pytest.mark.parametrize(
    ("asked", "lesson"),
    [
        (Parameters(reasoning={"mode": "pro"}), "reasoning.mode"),
        (Parameters(provider={"options": {}}), "provider.options"),
        (Parameters(plugins=({"id": "web"},)), "plugins.web"),
        (Parameters(verbosity="low"), "text.verbosity"),
        (Parameters(text={"verbosity": "low"}), "text.verbosity"),
    ],
)
def test_what_the_caller_named_teaches_nothing(asked, lesson):
    request = TurnRequest("maker/model", (), Route("https://api.example.com", "key"), parameters=asked)
    assert parameters_of(Lesson("parameter", lesson)) & learner_of(request).own
    own = replace(request, parameters=Parameters())
    assert not parameters_of(Lesson("parameter", lesson)) & learner_of(own).own


def test_of_too_many_tools_the_one_that_must_be_called_stays():
    many = tuple({**LOOK, "name": f"look_{number}"} for number in range(40))
    sent = UpstreamRequest(replace(BODY, tools=many, tool_choice={"type": "function", "name": "look_39"}))
    lesson = lesson_of(UpstreamProblem(400, "", "Too many tools: at most 32 tools are allowed."), sent, frozenset())
    assert lesson is not None
    body = applied(sent, lesson).body
    assert (len(body.tools), body.tool_choice) == (32, {"type": "function", "name": "look_39"})


def test_a_tool_of_upstream_is_left_out_where_it_alone_is_too_many():
    sent = UpstreamRequest(replace(BODY, tools=(*({**LOOK, "name": f"look_{number}"} for number in range(32)), SEARCH)))
    lesson = lesson_of(UpstreamProblem(400, "", "Too many tools: at most 32 tools are allowed."), sent, frozenset())
    assert lesson == Lesson("fewer_tools", "openrouter:web_search")


SHELL, MCP = {"type": "shell"}, {"type": "mcp", "server_label": "docs"}
CODE = {"type": "code_interpreter", "container": {"type": "auto"}}
INNER = {**LOOK, "name": "get_customer", "parameters": {"type": "object", "properties": {"q": {"pattern": "^(?!x)"}}}}
SPACE = {"type": "namespace", "name": "crm", "description": "d", "tools": [INNER]}
NATIVE = UpstreamRequest(replace(BODY, tools=(LOOK, SQL, SHELL, MCP, CODE, SPACE)))


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        ("Invalid value: 'shell'. Supported values are: 'code_interpreter', 'function', 'mcp', and 'custom'.", "shell"),
        ("tools.1.type: Input should be 'function'", "sql"),
        ("tools.1: Input tag 'custom' found using 'type' does not match any of the expected tags: 'function'", "sql"),
        ("MCP tools are not supported.", "mcp"),
        ("code_interpreter is not enabled for this organization.", "code_interpreter"),
        ("The following tools cannot be used with this effort: code_interpreter.", "code_interpreter"),
    ],
)
def test_a_refused_native_tool_is_left_out_and_those_named_as_taken_stay(words, left_out):
    lesson = lesson_of(UpstreamProblem(400, "invalid_request", words), NATIVE, frozenset())
    assert lesson == Lesson("without_tools", left_out)


@pytest.mark.parametrize(
    "words", ["tools[5].tools[0].parameters: Invalid schema", "Invalid schema for function 'get_customer'."]
)
def test_a_refused_schema_in_a_namespace_is_sent_loosely_then_without_the_namespace(words):
    problem = UpstreamProblem(400, "", words)
    lesson = lesson_of(problem, NATIVE, frozenset())
    assert lesson == Lesson("loose_tools", "crm")
    loose = applied(NATIVE, lesson)
    assert loose.body.tools[5]["tools"][0]["parameters"]["properties"] == {"q": {}}
    assert loose.body.tools[:5] == NATIVE.body.tools[:5]
    assert lesson_of(problem, loose, frozenset({lesson.kind})) == Lesson("without_tools", "crm")


@pytest.mark.parametrize(
    "words", ["Tool choice 'allowed_tools' is not supported", "Invalid value: 'allowed_tools'. Supported: 'auto'"]
)
def test_a_refused_list_of_allowed_tools_is_left_out(words):
    chosen = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "custom", "name": "sql"}]}
    after = body_after(UpstreamProblem(400, "", words), replace(BODY, tool_choice=chosen))
    assert after == replace(BODY, tool_choice=None)


# --- options of pictures ----------------------------------------------------------------------------------------

DRAWING = UpstreamRequest(
    replace(ResponsesBody("maker/painter", BODY.input), image_config={"n": 2, "quality": "high", "seed": 7}),
    Endpoint.IMAGES,
)


@pytest.mark.parametrize("number", range(len(WORDS) + 1))
def test_a_refused_option_of_pictures_is_left_out_alone(number: int) -> None:
    lesson = lesson_of(problems("quality")[number], DRAWING, frozenset())
    assert lesson is not None
    repaired = applied(DRAWING, lesson)
    assert repaired == replace(DRAWING, body=replace(DRAWING.body, image_config={"n": 2, "seed": 7}))


def test_no_refusal_leads_a_request_to_draw_to_another_endpoint() -> None:
    problem = UpstreamProblem(400, "invalid_request", "This model is only supported in chat/completions, use that.")
    assert lesson_of(problem, DRAWING, frozenset()) is None


@pytest.mark.parametrize("asked", [Parameters(drawing={"quality": "high"}), Parameters(image_config={"quality": "x"})])
def test_an_option_that_a_person_named_is_asked_for_again(asked: Parameters) -> None:
    learner = learner_of(TurnRequest("maker/painter", (), Route("https://a.example", "key"), parameters=asked))
    assert parameters_of(Lesson("parameter", "image_config.quality")) & learner.own
