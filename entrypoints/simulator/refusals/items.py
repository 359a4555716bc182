"""The schemas of input items and content parts of POST /responses (openrouter_api 3)."""

from entrypoints.simulator.refusals.shapes import (
    Check,
    anything,
    boolean,
    either,
    fields,
    integer,
    listed,
    mapped,
    nullable,
    one_of,
    tagged,
    text,
)

_STATUS = one_of("in_progress", "completed", "incomplete")
_PHASE = nullable(one_of("commentary", "final_answer"))
_SOME_ID = nullable(text())

INPUT_TEXT = fields(
    {"type": one_of("input_text"), "text": text()},
    {"prompt_cache_breakpoint": nullable(fields({"mode": one_of("explicit")}, {"ttl": nullable(text())}))},
)
INPUT_IMAGE = fields(
    {"type": one_of("input_image"), "detail": one_of("auto", "high", "low", "original")},
    {"image_url": nullable(text()), "file_id": _SOME_ID},
)
INPUT_FILE = fields(
    {"type": one_of("input_file")},
    {"filename": text(), "file_data": text(), "file_url": text(), "file_id": _SOME_ID},
)
_AUDIO = fields({"data": text(), "format": one_of("mp3", "wav")})
INPUT_AUDIO = fields({"type": one_of("input_audio"), "input_audio": _AUDIO})
INPUT_VIDEO = fields({"type": one_of("input_video"), "video_url": text()})

_GIVEN: list[tuple[str | None, Check]] = [
    ("input_text", INPUT_TEXT),
    ("input_image", INPUT_IMAGE),
    ("input_file", INPUT_FILE),
    ("input_audio", INPUT_AUDIO),
    ("input_video", INPUT_VIDEO),
]
_GIVEN_PARTS = listed(tagged(_GIVEN))

_ANNOTATION = fields({"type": one_of("url_citation", "file_citation", "file_path")})
_OUTPUT_TEXT = fields(
    {"type": one_of("output_text"), "text": text()},
    {"annotations": listed(_ANNOTATION), "logprobs": listed(anything)},
)
_REFUSAL = fields({"type": one_of("refusal"), "refusal": text()})
_SAID_PARTS = listed(tagged([("output_text", _OUTPUT_TEXT), ("refusal", _REFUSAL)]))

_MESSAGE = {"type": one_of("message"), "phase": _PHASE}
_EASY_MESSAGE = fields(
    {"role": one_of("user", "system", "assistant", "developer")},
    {**_MESSAGE, "content": nullable(either(text(), _GIVEN_PARTS))},
)
_ASSISTANT_MESSAGE = fields(
    {
        "role": one_of("assistant"),
        "content": either(_SAID_PARTS, text()),
        "id": text(shortest=1),
        "status": _STATUS,
    },
    _MESSAGE,
)

_FUNCTION_CALL = fields(
    {"type": one_of("function_call"), "call_id": text(), "name": text(), "arguments": text()},
    {"id": _SOME_ID, "namespace": _SOME_ID, "status": nullable(_STATUS), "async": nullable(boolean)},
)
_TOOL_PARTS = listed(tagged([("input_text", INPUT_TEXT), ("input_image", INPUT_IMAGE), ("input_file", INPUT_FILE)]))
_FUNCTION_OUTPUT = fields(
    {"type": one_of("function_call_output"), "call_id": text(), "output": either(text(), _TOOL_PARTS)},
    {"id": _SOME_ID, "status": nullable(_STATUS)},
)
_FORMATS = (
    "unknown",
    "openai-responses-v1",
    "azure-openai-responses-v1",
    "bedrock-openai-responses-v1",
    "bedrock-xai-responses-v1",
    "xai-responses-v1",
    "meta-responses-v1",
    "anthropic-claude-v1",
    "google-gemini-v1",
)
_REASONING = fields(
    {
        "type": one_of("reasoning"),
        "id": text(),
        "summary": listed(fields({"type": one_of("summary_text"), "text": text()})),
    },
    {
        "content": nullable(listed(fields({"type": one_of("reasoning_text"), "text": text()}))),
        "encrypted_content": nullable(text()),
        "signature": nullable(text()),
        "format": nullable(one_of(*_FORMATS)),
        "status": nullable(_STATUS),
    },
)
_CUSTOM_CALL = fields(
    {"type": one_of("custom_tool_call"), "call_id": text(), "name": text(), "input": text()}, {"id": _SOME_ID}
)
_CUSTOM_OUTPUT = fields(
    {"type": one_of("custom_tool_call_output"), "call_id": text(), "output": either(text(), _TOOL_PARTS)}
)
_SHELL_OUTPUT = listed(
    fields(
        {
            "stdout": text(),
            "stderr": text(),
            "outcome": tagged(
                [
                    ("exit", fields({"type": one_of("exit"), "exit_code": integer()})),
                    ("timeout", fields({"type": one_of("timeout")})),
                ]
            ),
        }
    )
)
_CALL_ID: dict[str, Check] = {"call_id": text(shortest=1)}
_LOCAL_ACTION = fields({"type": one_of("exec"), "command": listed(text()), "env": mapped(text())})
_OPERATION = fields({"type": one_of("create_file", "update_file", "delete_file"), "path": text()}, {"diff": text()})
_NATIVE: dict[str, Check] = {
    "local_shell_call": fields({**_CALL_ID, "id": text(shortest=1), "action": _LOCAL_ACTION, "status": _STATUS}),
    "local_shell_call_output": fields({"id": text(shortest=1), "output": text()}),
    "shell_call": fields({**_CALL_ID, "action": fields({"commands": listed(text())})}),
    "shell_call_output": fields({**_CALL_ID, "output": _SHELL_OUTPUT}),
    "apply_patch_call": fields({**_CALL_ID, "operation": _OPERATION, "status": one_of("in_progress", "completed")}),
    "apply_patch_call_output": fields({**_CALL_ID, "status": one_of("completed", "failed")}, {"output": text()}),
    "mcp_approval_request": fields(
        {"id": text(shortest=1), "name": text(), "server_label": text(), "arguments": text()}
    ),
    "mcp_approval_response": fields({"approval_request_id": text(shortest=1), "approve": boolean}, {"reason": text()}),
    "tool_search_call": fields({**_CALL_ID, "execution": one_of("server", "client")}),
    "tool_search_output": fields({**_CALL_ID, "execution": one_of("server", "client"), "tools": listed(anything)}),
}
_WEB_SEARCH = fields(
    {
        "type": one_of("web_search_call"),
        "id": text(),
        "status": one_of("completed", "searching", "in_progress", "failed"),
    }
)
_IMAGE_GENERATION = fields(
    {
        "type": one_of("image_generation_call"),
        "id": text(),
        "status": one_of("in_progress", "completed", "generating", "failed"),
    },
    {"result": nullable(text())},
)
_REFERENCE = fields({"type": one_of("item_reference"), "id": text()})
_COMPACTION = fields({"type": one_of("compaction"), "encrypted_content": text()}, {"id": _SOME_ID})

_RARE = (
    *("configuration_update", "context_compaction", "additional_tools", "file_search_call"),
    *("mcp_list_tools", "mcp_call", "computer_call", "agent_message", "code_interpreter_call"),
)
_SERVER_TOOLS = (
    *("file_search", "mcp", "web_search", "browser_use", "text_editor", "datetime", "memory", "tool_search"),
    *("experimental__search_models", "apply_patch", "web_fetch", "advisor", "code_interpreter"),
    *("image_generation", "fusion", "armor_blocked", "shell", "files", "subagent", "bash"),
)


def _known_only_by_type(name: str) -> tuple[str, Check]:
    """Accept items of a rare type; only the type is checked."""
    return name, fields({"type": one_of(name)})


_ITEMS: list[tuple[str | None, Check]] = [
    ("message", _EASY_MESSAGE),
    ("message", _ASSISTANT_MESSAGE),
    ("function_call", _FUNCTION_CALL),
    ("function_call_output", _FUNCTION_OUTPUT),
    ("reasoning", _REASONING),
    ("custom_tool_call", _CUSTOM_CALL),
    ("custom_tool_call_output", _CUSTOM_OUTPUT),
    ("web_search_call", _WEB_SEARCH),
    ("image_generation_call", _IMAGE_GENERATION),
    ("item_reference", _REFERENCE),
    ("compaction", _COMPACTION),
    *_NATIVE.items(),
    *(_known_only_by_type(name) for name in _RARE),
    *(_known_only_by_type(f"openrouter:{name}") for name in _SERVER_TOOLS),
]
_ITEM_LIST = listed(tagged(_ITEMS), least=1)
INPUT = either(text(shortest=1), _ITEM_LIST)
"""The whole `input`: a text or a list of items, not empty."""
