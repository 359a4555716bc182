"""The schema of a body of POST /chat/completions (openrouter_api 11)."""

from entrypoints.simulator.answers import Refusal, common
from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.request import REASONING, SHARED
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
    number,
    one_of,
    tagged,
    text,
)
from entrypoints.simulator.refusals.tools import CHAT_TOOL_CHOICE, CHAT_TOOLS, RESPONSE_FORMAT, metadata

_TEXT = fields({"type": one_of("text"), "text": text()}, {"cache_control": fields({"type": one_of("ephemeral")})})
_PARTS: list[tuple[str | None, Check]] = [
    ("text", _TEXT),
    (
        "image_url",
        fields(
            {
                "type": one_of("image_url"),
                "image_url": fields({"url": text()}, {"detail": one_of("auto", "low", "high", "original")}),
            }
        ),
    ),
    (
        "input_audio",
        fields({"type": one_of("input_audio"), "input_audio": fields(dict.fromkeys(("data", "format"), text()))}),
    ),
    ("file", fields({"type": one_of("file"), "file": mapped(text())})),
    ("video_url", fields({"type": one_of("video_url"), "video_url": fields({"url": text()})})),
    ("input_video", fields({"type": one_of("input_video"), "video_url": fields({"url": text()})})),
]
_CONTENT = either(text(), listed(tagged(_PARTS)))
_SYSTEM_CONTENT = either(text(), listed(_TEXT))
_TOOL_CALL = fields(
    {"id": text(), "type": one_of("function"), "function": fields({"name": text(), "arguments": text()})}
)
_DETAILS = (
    fields({"type": one_of("reasoning.summary"), "summary": text()}),
    fields({"type": one_of("reasoning.encrypted"), "data": text()}),
    fields({"type": one_of("reasoning.text")}, {"text": nullable(text()), "signature": nullable(text())}),
    fields({"type": one_of("reasoning.server_tool_call"), "arguments": text(), "result": text(), "tool_name": text()}),
)
_MESSAGES = listed(
    either(
        fields({"role": one_of("user"), "content": _CONTENT}, {"name": text()}),
        fields({"role": one_of("system", "developer"), "content": _SYSTEM_CONTENT}, {"name": text()}),
        fields({"role": one_of("tool"), "content": _CONTENT, "tool_call_id": text()}),
        fields(
            {"role": one_of("assistant")},
            {
                "content": nullable(_CONTENT),
                "tool_calls": listed(_TOOL_CALL),
                "reasoning": nullable(text()),
                "reasoning_details": listed(either(*_DETAILS)),
                "refusal": nullable(text()),
            },
        ),
    ),
    least=1,
)
_CHAT = fields(
    {"messages": _MESSAGES},
    {
        **SHARED,
        "max_tokens": nullable(integer(1)),
        "max_completion_tokens": nullable(integer(1)),
        "top_k": nullable(integer(0)),
        "min_p": nullable(number(0, 1)),
        "top_a": nullable(number(0, 1)),
        "repetition_penalty": nullable(number(0, 2)),
        "seed": nullable(integer()),
        "logprobs": nullable(boolean),
        "logit_bias": nullable(mapped(number())),
        "reasoning": REASONING,
        "reasoning_effort": nullable(one_of("max", "xhigh", "high", "medium", "low", "minimal", "none")),
        "response_format": RESPONSE_FORMAT,
        "stream_options": nullable(fields({}, {"include_usage": boolean})),
        "tools": CHAT_TOOLS,
        "tool_choice": CHAT_TOOL_CHOICE,
        "modalities": listed(one_of("text", "image", "audio")),
        "metadata": metadata,
        "prediction": nullable(mapped(anything)),
    },
)


def check_chat(body: Json) -> None:
    """Raise Refusal for a chat body that does not fit the schema; its message names the first wrong field."""
    issues = _CHAT(body)
    if issues:
        where = ".".join(map(str, issues[0]["path"]))
        raise Refusal(common(400, f"{where}: {issues[0]['message']}", {"error_type": "invalid_request"}))
