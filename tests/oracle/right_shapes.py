"""Valid requests that every judge accepts, and the small pieces they are built from."""

from typing import Any

from tests.oracle.drawing.values import PDF, PNG, WAV
from tests.oracle.rules.facts import ENTRIES

Body = dict[str, Any]

PICTURE = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"}
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "name": "get_weather", "description": "Weather.", "parameters": PARAMETERS, "strict": False}


def says(*parts: Any, role: str = "user") -> Body:
    """Build a message; strings become text parts."""
    content = [{"type": "input_text", "text": one} if isinstance(one, str) else one for one in parts]
    return {"type": "message", "role": role, "content": content}


def calls(call_id: str, name: str = "get_weather") -> Body:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": '{"city": "Perth"}'}


def returns(call_id: str, output: Any = "21 degrees") -> Body:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def thought(name: str, **more: Any) -> Body:
    return {"type": "reasoning", "id": name, "summary": [{"type": "summary_text", "text": "Hm."}], **more}


REPLAYED = {
    "type": "message",
    "role": "assistant",
    "id": "msg_1",
    "status": "completed",
    "phase": "final_answer",
    "content": [{"type": "output_text", "text": "A red bridge.", "annotations": []}],
}

RIGHT: dict[str, Body] = {
    "a short question": {
        "model": "openai/gpt-5.6-luna",
        "stream": True,
        "store": False,
        "instructions": "Answer briefly.",
        "input": [says("Hello")],
        "max_output_tokens": 2048,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "session_id": "chat-8f2c",
        "user": "u-19",
    },
    "a plain text to a model outside the catalog": {"model": "nobody/knows-it", "input": "Hello", "temperature": 0.4},
    "every medium": {
        "model": "google/gemini-3.6-flash",
        "input": [
            says(
                "What is this?",
                PICTURE,
                {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"},
                {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
                {"type": "input_video", "video_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"},
            )
        ],
        "reasoning": {"effort": "minimal"},
    },
    "parallel tools, one answering with a picture": {
        "model": "openai/gpt-5.6-sol",
        "input": [
            says("Be careful.", role="system"),
            says("Weather?"),
            thought("rs_1", encrypted_content="gAAAA==.eyJ9", format="openai-responses-v1"),
            calls("call_1"),
            calls("call_2"),
            returns("call_2"),
            returns("call_1", [{"type": "input_text", "text": "attached"}, PICTURE]),
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "name": "get_weather"},
        "parallel_tool_calls": True,
    },
    "answers of both forms in the history": {
        "model": "openai/gpt-4o-mini",
        "input": [
            says("What is this?"),
            REPLAYED,
            says("And this?"),
            {"role": "assistant", "content": "A boat."},
            says("Why?"),
        ],
    },
    "a Claude budget with a cache mark": {
        "model": "anthropic/claude-sonnet-4.5",
        "input": [says("Hello")],
        "max_output_tokens": 8192,
        "reasoning": {"max_tokens": 2048},
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
        "temperature": 1,
    },
    "signed Claude thoughts before a call": {
        "model": "anthropic/claude-opus-5",
        "input": [
            says("Weather?"),
            thought(
                "rs_1",
                content=[{"type": "reasoning_text", "text": "Hm."}],
                signature="EqQB",
                format="anthropic-claude-v1",
            ),
            calls("toolu_1"),
            returns("toolu_1"),
        ],
        "tools": [TOOL],
        "tool_choice": "auto",
        "reasoning": {"effort": "high", "enabled": True},
    },
    "an answer by schema": {
        "model": "openai/gpt-4o-mini",
        "input": [says("Extract it.")],
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": PARAMETERS, "strict": True}},
    },
    "all sampling the model lists": {
        "model": "openai/gpt-4o-mini",
        "input": [says("Hello")],
        "temperature": 2,
        "top_p": 0.9,
        "frequency_penalty": -2,
        "presence_penalty": 2.0,
        "top_logprobs": 20,
        "stop": ["END", "STOP"],
    },
    "routing": {
        "model": "openai/gpt-4o-mini:nitro",
        "models": ["anthropic/claude-opus-5", "openai/gpt-oss-20b:free", "openai/gpt-5.6-sol-20260709"],
        "input": "Hello",
        "provider": {
            "order": ["openai"],
            "max_price": {"prompt": "1", "completion": "2.50"},
            "sort": {"by": "price", "partition": "none"},
            "data_collection": "deny",
            "preferred_max_latency": {"p50": 1},
        },
        "plugins": [{"id": "context-compression", "engine": "middle-out"}],
        "metadata": {"chat_id": "2392", "note": ""},
        "service_tier": "flex",
    },
    "a server tool": {
        "model": "openai/gpt-4o-mini",
        "input": "News?",
        "tools": [{"type": "openrouter:web_search", "parameters": {"max_results": 25}}, TOOL],
        "stop_server_tools_when": [{"type": "step_count_is", "step_count": 5}],
    },
    "a picture wanted": {
        "model": "google/gemini-3.1-flash-lite-image",
        "input": [says("Draw a boat."), says("A red one.", PICTURE)],
        "modalities": ["text", "image"],
        "image_config": {"aspect_ratio": "16:9"},
    },
    "a document for a model that reads only text": {
        "model": "deepseek/deepseek-v4-flash",
        "input": [
            says({"type": "input_file", "filename": "a.pdf", "file_url": "https://example.com/a.pdf"}),
        ],
        "plugins": [{"id": "file-parser", "pdf": {"engine": "cloudflare-ai"}}],
    },
    "a Gemini call with its signature": {
        "model": "google/gemini-3.6-flash",
        "input": [says("Weather?"), thought("rs_1", encrypted_content="Eq=="), calls("c1"), returns("c1")],
        "tools": [{**TOOL, "parameters": {name: PARAMETERS[name] for name in ("type", "properties", "required")}}],
    },
    "a router": {"model": "openrouter/auto", "input": [says("Hello")], "reasoning": {"effort": "low"}, "top_k": 40},
}


def entry_of(body: Body) -> Body | None:
    """Return the catalog entry of a body's model; None for a model outside the catalog."""
    return ENTRIES.get(body["model"].removesuffix(":nitro"))
