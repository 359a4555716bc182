"""A repair removes exactly what a refusal names, in the words of any provider."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.errors.envelope import read_problem
from domain.request.repair import Lesson, applied, lesson_of
from ports.response_events import Quoted, UpstreamProblem
from ports.responses import ResponsesBody, UpstreamRequest
from tests.tables import each

NOW = datetime(2026, 8, 1, tzinfo=UTC)
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why?"}]}
CALL = {"type": "function_call", "call_id": "call_lookup_1", "name": "lookup", "arguments": '{"q":"x"}'}
OUTPUT = {"type": "function_call_output", "call_id": "call_lookup_1", "output": "found"}


def thought(number: int) -> dict:
    return {"type": "reasoning", "id": f"rs_{number:012}", "summary": [], "encrypted_content": f"gAAA{number}"}


def said(number: int) -> dict:
    content = [{"type": "output_text", "text": f"Answer {number}."}]
    return {
        "type": "message",
        "role": "assistant",
        "id": f"msg_{number:012}",
        "status": "completed",
        "content": content,
    }


HISTORY = (ASKED, thought(1), CALL, OUTPUT, thought(2), said(1), ASKED, thought(3), said(2), ASKED)
LOOK = {
    "type": "function",
    "name": "lookup",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"q": {"type": ["string", "null"], "pattern": "^(?!x)"}},
        "required": ["q"],
        "additionalProperties": False,
    },
}
WRITE = {"type": "function", "name": "write_file", "strict": False, "parameters": {"type": "object", "properties": {}}}
BODY = ResponsesBody(
    "maker/model",
    HISTORY,
    temperature=0.5,
    top_p=0.9,
    stop=("\n", "END"),
    max_output_tokens=8000,
    reasoning={"effort": "high"},
    tools=(LOOK, WRITE),
)
SENT = UpstreamRequest(BODY)


def repaired(
    problem: UpstreamProblem | str, sent: UpstreamRequest = SENT, **more
) -> tuple[Lesson | None, ResponsesBody]:
    if isinstance(problem, str):
        problem = UpstreamProblem(400, "invalid_request", problem)
    lesson = lesson_of(problem, sent, frozenset(), **more)
    return lesson, (applied(sent, lesson) if lesson else sent).body


# --- thinking --------------------------------------------------------------------------------------------------

UNREADABLE = [
    "The encrypted content gAAA...Rg== could not be verified.",
    "The encrypted content for item rs_0a18 could not be verified. Reason: Encrypted content could not be decrypted or "
    "parsed.",
    "The encrypted content for item rs_0a18 could not be verified. Reason: Encrypted content organization_id did not "
    "match the target organization.",
    "Encrypted content item_id did not match the target item id.",
    "Item with id 'rs_68b1' not found. Items are not persisted when `store` is set to false. Try again with `store` "
    "set to true, or remove this item from your input.",
    "Item 'rs_0c38' of type 'reasoning' was provided without its required following item.",
    "Item 'msg_0c38' of type 'message' was provided without its required 'reasoning' item: 'rs_0c38'.",
    "Item 'fc_0c38' of type 'function_call' was provided without its required 'reasoning' item: 'rs_0c38'.",
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    "***.***.content.0: Invalid `signature` in `thinking` block",
    "messages.3.content.0.thinking.signature: Field required",
    "messages.3.content.0.thinking.signature.str: Input should be a valid string",
    "messages.3.content.0: Invalid `data` in `redacted_thinking` block",
    "messages.5.content.1: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response.",
    "messages.1.content.0.thinking: each thinking block must contain thinking",
    "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.",
    "ValidationException: The model returned the following errors: messages.1.content.0: Invalid signature in thinking "
    "block",
    "The reasoningContent.reasoningText.signature field is invalid for this model.",
    "Unable to submit request because Thought signature is not valid.",
    "Corrupted thought signature.",
    "Invalid thought_signature: base64 decoding failed",
    "Could not decrypt the provided encrypted_content.",
    "Failed to decrypt reasoning content: it was created by another team.",
    "Unable to verify the reasoning signature.",
    "messages: property 'messages.1.reasoning_content' is unsupported",
    "messages.2.assistant.reasoning_details: Extra inputs are not permitted",
    "The reasoning_content field must not be included in the input messages.",
    "messages.11.content.0: When thinking is disabled, an `assistant` message in the final position cannot contain "
    "`thinking`. To use thinking blocks, enable `thinking` in your request.",
    "messages.51.content.0: If an assistant message contains any thinking blocks, the first block must be thinking or "
    "redacted_thinking. Found text.",
    "Unknown parameter: 'input[2].encrypted_content'.",
    "Reasoning items are not supported for this model.",
    "Base64 decoding failed for thought_signature.",
    "Reasoning item was provided without encrypted_content.",
    "Extra inputs are not permitted: ('body', 'messages', 1, 'assistant', 'reasoning')",
    "messages.1.content.0.thinking: Input should be a valid string",
]
MISSING = [
    "messages.129.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is "
    "enabled, a final `assistant` message must start with a thinking block.",
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.",
    "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
    "The `reasoning_content` in the thinking mode must be passed back to the API.",
]


@pytest.mark.parametrize("words", UNREADABLE)
def test_refused_thinking_is_left_out_and_everything_else_stays(words):
    lesson, body = repaired(words)
    assert lesson == Lesson("thinking")
    assert [item.get("type") for item in body.input] == [
        item["type"] for item in HISTORY if item["type"] != "reasoning"
    ]
    assert [item["content"] for item in body.input if item.get("role") == "assistant"] == ["Answer 1.", "Answer 2."]
    assert replace(body, input=BODY.input) == BODY


@each("words", UNREADABLE)
@each("shape", ["raw", "text", "in a sentence", "failed", "issues"])
def test_thinking_is_recognised_in_every_envelope(words, shape):
    inner = {"error": {"type": "invalid_request_error", "message": words, "param": None, "code": None}}
    raw = json.dumps(inner)
    error = {
        "raw": {"code": 400, "message": "Provider returned error", "metadata": {"raw": raw, "provider_name": "P"}},
        "text": {"code": 400, "message": raw},
        "in a sentence": {"code": 502, "message": f"Error from provider(x: 400): {raw} model=x"},
        "failed": {"code": "server_error", "message": words},
        "issues": {"code": 400, "message": "Provider returned error", "metadata": {"raw": f"[{raw}]"}},
    }[shape]
    problem = read_problem({"error": error}, now=NOW, status=None)
    assert repaired(problem, invalid=False)[0] == Lesson("thinking")


def test_a_code_counts_without_words():
    problem = UpstreamProblem(400, "invalid_request", "Bad", quoted=Quoted(code="invalid_encrypted_content"))
    assert repaired(problem)[0] == Lesson("thinking")


@pytest.mark.parametrize("words", MISSING)
def test_missing_thinking_sends_the_calls_as_text(words):
    lesson, body = repaired(words)
    assert lesson == Lesson("history")
    assert {item["type"] for item in body.input} == {"message"}
    assert "found" in json.dumps(body.input)


def test_an_item_named_costs_only_the_thinking_of_its_answer():
    lesson, body = repaired(f"The encrypted content for item {thought(3)['id']} could not be verified.")
    assert lesson == Lesson("thinking", thought(3)["id"])
    assert [item["id"] for item in body.input if item["type"] == "reasoning"] == [thought(1)["id"], thought(2)["id"]]


@pytest.mark.parametrize("slug", ["google/gemini-3-pro", "deepseek/deepseek-v4", "moonshotai/kimi-k3"])
def test_models_that_take_no_calls_without_thinking_get_them_as_text(slug):
    sent = UpstreamRequest(replace(BODY, model=slug))
    _, body = repaired("Corrupted thought signature.", sent)
    assert {item["type"] for item in body.input} == {"message"}


NO_THINKING = [
    "Thinking may not be enabled when tool_choice forces tool use.",
    "thinking.budget_tokens: Input should be greater than or equal to 1024",
    "Reasoning is mandatory for this endpoint and cannot be disabled.",
    "Your organization must be verified to generate reasoning summaries.",
    "Unsupported value: 'xhigh'. Supported values for reasoning.effort are: 'low', 'medium' and 'high'.",
    "adaptive thinking is not supported on this model",
]


@pytest.mark.parametrize("words", NO_THINKING)
def test_refused_reasoning_parameters_leave_the_history_alone(words):
    lesson, body = repaired(words)
    assert lesson is not None
    assert body.input == HISTORY


# --- items -----------------------------------------------------------------------------------------------------

ITEMS = [
    "No tool call found for function call output with call_id call_lookup_1.",
    "No tool output found for function call call_lookup_1.",
    "Item with id 'msg_000000000001' not found.",
    "Invalid value: 'web_search_call'. Supported values are: 'message' and 'function_call'.",
    "Unknown item type: function_call_output",
    "Invalid 'input[3].call_id': string too long. Expected a string with maximum length 64.",
    "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
    "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    "Please ensure that the number of function response parts is equal to the number of function call parts.",
    "Please ensure that function call turn comes immediately after a user turn.",
    "Not the same number of function calls and responses",
    "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "Duplicate item found with id msg_1. Remove duplicate items from your input.",
    "Invalid Responses API request",
    "Provider returned error",
    "Bad Request",
]


@pytest.mark.parametrize("words", ITEMS)
def test_whatever_is_refused_of_the_history_the_last_resort_is_text(words):
    bare = UpstreamRequest(replace(BODY, input=tuple(item for item in HISTORY if item["type"] != "reasoning")))
    lesson, body = repaired(words, bare)
    assert lesson == Lesson("history")
    assert {item["type"] for item in body.input} == {"message"}
    assert not any(item.get("id") for item in body.input)


def test_a_named_part_of_the_history_counts_before_words_about_reasoning():
    problem = UpstreamProblem(400, "", "Missing required parameter: summary.", quoted=Quoted(param="input[1].summary"))
    lesson, body = repaired(problem)
    assert lesson == Lesson("history")
    assert body.reasoning == BODY.reasoning


def test_a_history_of_plain_messages_is_not_sent_twice():
    plain = UpstreamRequest(ResponsesBody("maker/model", (ASKED,)))
    assert repaired("Bad Request", plain)[0] is None


@pytest.mark.parametrize(
    "words", ["The image format is not supported.", "Could not download the file.", "Your input was flagged."]
)
def test_a_refusal_of_something_else_does_not_change_the_history(words):
    assert repaired(words)[0] is None


# --- parameters ------------------------------------------------------------------------------------------------

PARAMETERS = [
    ("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", "top_p"),
    ("top_p and temperature are mutually exclusive", "top_p"),
    ("Only one of temperature or top_p may be set", "top_p"),
    ("Unsupported parameter: 'temperature' is not supported with reasoning models.", "temperature"),
    ("Unsupported parameter: 'top_p' is not supported with this model. Set temperature instead.", "top_p"),
    ("temperature: Extra inputs are not permitted", "temperature"),
    ("`top_p` is deprecated for this model.", "top_p"),
    ("Invalid value at 'generation_config.topP'", "top_p"),
]


@pytest.mark.parametrize(("words", "name"), PARAMETERS)
def test_the_parameter_named_first_is_left_out_and_no_other(words, name):
    lesson, body = repaired(words)
    assert lesson == Lesson("parameter", name)
    assert replace(body, **{name: getattr(BODY, name)}) == BODY


@pytest.mark.parametrize(
    "words",
    [
        "Penalty is not enabled for this model",
        "Penalty is not enabled for models/gemini-2.5-flash",
        "Penalties are not supported by this model.",
    ],
)
def test_a_refusal_of_penalties_leaves_out_each_of_them_and_nothing_else(words):
    sent = replace(SENT, body=replace(BODY, frequency_penalty=0.5, presence_penalty=0.1))
    learned: frozenset[str] = frozenset()
    for _ in range(2):
        lesson = lesson_of(UpstreamProblem(400, "invalid_request", words), sent, learned)
        assert lesson is not None
        sent, learned = applied(sent, lesson), learned | {lesson.kind}
    assert sent.body == BODY


def test_a_refusal_of_one_penalty_leaves_the_other():
    sent = replace(SENT, body=replace(BODY, frequency_penalty=0.5, presence_penalty=0.1))
    lesson, body = repaired("Presence penalty is not supported by this model.", sent)
    assert lesson == Lesson("parameter", "presence_penalty")
    assert body.frequency_penalty == 0.5


def test_a_named_parameter_counts_before_the_words():
    problem = UpstreamProblem(
        400, "invalid_request", "Unsupported value: use temperature 1.", quoted=Quoted(param="top_p")
    )
    assert repaired(problem)[0] == Lesson("parameter", "top_p")


@pytest.mark.parametrize(
    "words",
    [
        "stop_sequences: each stop sequence must contain non-whitespace",
        "Invalid stop sequence: blank strings are not allowed",
        "messages: stop_sequences.0: must not be whitespace only",
    ],
)
def test_a_blank_stop_text_is_left_out_and_the_others_stay(words):
    _, body = repaired(words)
    assert body == replace(BODY, stop=("END",))


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 8000. This model supports at most 4096 completion tokens.",
        "max_tokens: 8000 > 4096, which is the maximum allowed number of output tokens for claude-3-5",
        "The maximum tokens you requested exceeds the model limit of 4096. max_tokens=8000",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]",
        "Range of max_tokens should be [1, 4096]",
    ],
)
def test_an_output_limit_is_lowered_to_the_stated_number(words):
    _, body = repaired(words)
    assert body == replace(BODY, max_output_tokens=4096)


@pytest.mark.parametrize("limit", [None, 8000])
def test_the_output_limit_is_what_the_balance_affords(limit):
    text = "More credits, or fewer max_tokens. You requested up to 8000 tokens, but can only afford 3919."
    sent = UpstreamRequest(replace(BODY, max_output_tokens=limit))
    lesson, body = repaired(UpstreamProblem(402, "payment_required", text), sent, invalid=False)
    assert lesson == Lesson("balance", "3919")
    assert body == replace(BODY, max_output_tokens=3919)


@pytest.mark.parametrize(
    "text", ["can only afford 0.", "can only afford 15", "requires more credits", "can only afford 9000"]
)
def test_a_balance_for_no_answer_changes_nothing(text):
    assert repaired(UpstreamProblem(402, "payment_required", text), invalid=False)[0] is None


# --- tools -----------------------------------------------------------------------------------------------------

SCHEMAS = [
    UpstreamProblem(400, "", "Invalid schema for function 'lookup': In context=('properties', 'q'), ..."),
    UpstreamProblem(
        400, "", "Invalid JSON Schema", quoted=Quoted("invalid_function_parameters", "tools[0].function.parameters")
    ),
    UpstreamProblem(400, "", "tools.0.custom.input_schema: JSON schema is invalid."),
    UpstreamProblem(
        400, "", "Invalid value at 'request.tools[0].function_declarations[0].parameters.properties[0].value'"
    ),
    UpstreamProblem(None, "server_error", "Invalid schema for function 'lookup': lookaround is not supported"),
    UpstreamProblem(400, "", "Invalid schema for function 'lookup': unknown type 'date' of q"),
]


@pytest.mark.parametrize("problem", SCHEMAS)
def test_a_refused_schema_is_sent_loosely_and_then_without_its_tool(problem):
    first = lesson_of(problem, SENT, frozenset(), invalid=problem.status is not None)
    assert first == Lesson("loose_tools", "lookup")
    loose = applied(SENT, first)
    assert loose.body.tools[0]["parameters"] == {
        "type": "object",
        "properties": {"q": {"type": "string"}},
        "required": ["q"],
    }
    assert loose.body.tools[1] == WRITE
    second = lesson_of(problem, loose, frozenset({first.kind}), invalid=problem.status is not None)
    assert second == Lesson("without_tools", "lookup")
    assert applied(loose, second).body.tools == (WRITE,)


MANY = tuple({**WRITE, "name": f"tool_{number}"} for number in range(150))


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got one with length 150.",
            128,
        ),
        ("The maximum number of tools is 64.", 64),
        ("This model supports up to 100 functions.", 100),
        ("Too many tools were given.", 128),
        ("at most 128 function declarations are allowed", 128),
    ],
)
def test_surplus_tools_are_left_out_by_name(words, most):
    lesson, body = repaired(words, UpstreamRequest(replace(BODY, tools=MANY)))
    assert lesson.what == "fewer_tools"
    assert (body.tools, lesson.names) == (MANY[:most], tuple(tool["name"] for tool in MANY[most:]))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            404,
            'No endpoints found that support tool use. Try disabling "lookup". To learn more, visit: https://x.example',
        ),
        (400, "registry.ollama.ai/library/gemma3 does not support tools"),
        (400, "This model does not support function calling"),
        (400, "Function calling is not enabled for models/gemma-3-27b-it"),
        (400, "Unsupported parameter: 'tools' is not supported with this model."),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (400, "ValidationException: This model doesn't support tool use in streaming mode."),
        (400, "Tool calling is currently not supported"),
    ],
)
def test_where_tools_as_such_are_refused_all_are_left_out(words, status):
    sent = UpstreamRequest(replace(BODY, tools=MANY, tool_choice="auto", parallel_tool_calls=True))
    for invalid in (True, False):
        lesson = lesson_of(UpstreamProblem(status, "", words), sent, frozenset(), invalid=invalid)
        assert lesson == Lesson("no_tools")
    left = applied(sent, Lesson("no_tools")).body
    assert (left.tools, left.tool_choice, left.parallel_tool_calls) == ((), None, None)


@pytest.mark.parametrize(
    "words",
    [
        "tools[0].function.strict is not supported",
        "Parallel tool calls are not supported",
        "tool_choice is not supported",
        "does not support tools with names longer than 64",
        "Tool type 'custom' is not supported",
        "No tool output found for function call call_lookup_1",
        "messages: tool_calls not supported in assistant messages",
    ],
)
def test_a_refusal_of_something_about_tools_leaves_them(words):
    lesson = lesson_of(UpstreamProblem(400, "", words), SENT, frozenset())
    assert lesson != Lesson("no_tools")


def test_tools_that_the_caller_demands_are_not_left_out():
    sent = UpstreamRequest(replace(BODY, tool_choice="required"))
    lesson = lesson_of(UpstreamProblem(404, "", "No endpoints found that support tool use"), sent, frozenset())
    assert lesson != Lesson("no_tools")


SYSTEM = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind."}]}


@pytest.mark.parametrize(
    "words",
    [
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        "System role not supported",
        "System messages are not supported by this model",
        "Model does not support instructions",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    ],
)
def test_where_no_system_message_is_taken_its_words_begin_what_the_person_says_next(words):
    late = {**SYSTEM, "role": "developer", "content": "Be quick."}
    sent = UpstreamRequest(replace(BODY, instructions="Be brief.", input=(SYSTEM, ASKED, said(1), ASKED, late)))
    lesson = lesson_of(UpstreamProblem(400, "", words), sent, frozenset())
    assert lesson is not None
    body = applied(sent, lesson).body
    texts = [(item["role"], [part["text"] for part in item["content"]]) for item in body.input]
    assert texts == [
        ("user", ["Be brief.", "Be kind.", "Why?"]),
        ("assistant", ["Answer 1."]),
        ("user", ["Why?"]),
        ("user", ["Be quick."]),
    ]
    assert body.instructions is None
    assert applied(applied(sent, lesson), lesson).body == body


@given(st.text(max_size=300), st.sampled_from([None, 400, 402, 403, 404, 422, 429, 500, 503]), st.booleans())
def test_no_refusal_raises_or_repeats_a_request(words, status, invalid):
    problem = UpstreamProblem(status, "", words, quoted=Quoted(text=words, param=words[:20]))
    lesson = lesson_of(problem, SENT, frozenset(), invalid=invalid)
    assert lesson is None or applied(SENT, lesson) != SENT


NATIVE = ({"type": "custom", "name": "sql"}, {"type": "local_shell"}, {"type": "mcp", "server_label": "m"})


@pytest.mark.parametrize(
    ("words", "param", "left"),
    [
        ("Hosted tool 'local_shell' is not supported with gpt-4o.", "tools", ["custom", "mcp"]),
        ("Invalid value: 'custom'. Supported values are: 'function'.", "tools[2].type", ["local_shell", "mcp"]),
        ("tools.3.type: Input tag 'local_shell' is not valid", "", ["custom", "mcp"]),
        ("The tool sql is not supported by this model.", "", ["local_shell", "mcp"]),
        ("mcp tools are not supported by this provider", "", ["custom", "local_shell"]),
    ],
)
def test_a_native_tool_that_the_model_does_not_take_is_left_out(words, param, left):
    quoted = Quoted(text=words, param=param)
    problem = UpstreamProblem(status=400, kind="invalid_request_error", text=words, quoted=quoted)
    body = replace(BODY, tools=(LOOK, WRITE, *NATIVE))
    lesson, now = repaired(problem, replace(SENT, body=body))
    assert lesson is not None
    assert lesson.what == "without_tools"
    assert [tool["type"] for tool in now.tools] == ["function", "function", *left]


def test_a_choice_of_a_tool_that_was_left_out_goes_too():
    listed = [{"type": "custom", "name": "sql"}, {"type": "function", "name": "lookup"}]
    choice = {"type": "allowed_tools", "mode": "required", "tools": listed}
    body = replace(BODY, tools=(LOOK, *NATIVE), tool_choice=choice)
    now = applied(replace(SENT, body=body), Lesson("without_tools", "sql")).body
    assert now.tool_choice == {**choice, "tools": listed[1:]}


def test_the_other_endpoint_gets_the_tools_that_it_takes():
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "local_shell"}]}
    body = replace(BODY, tools=(LOOK, *NATIVE, {"type": "openrouter:datetime"}), tool_choice=choice)
    now = applied(replace(SENT, body=body), Lesson("endpoint"))
    assert [tool["type"] for tool in now.body.tools] == ["function", "openrouter:datetime"]
    assert now.body.tool_choice is None
