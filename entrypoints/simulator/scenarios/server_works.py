"""What each tool that upstream runs does: the items and events of one use, in the shapes of the official SDK."""

from collections.abc import Callable

from entrypoints.simulator.payload import Json
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.scenarios.moves import Work

QUERY = "red bridges"
PAGE = "https://example.com/bridges"
PATCH = "@@ -1 +1 @@\n-red = False\n+red = True\n"
CODE = "total = sum(range(10))\nprint(total)\n"
_PIECE = 12

Events = tuple[tuple[str, Json], ...]


def _work(kind: str, item: Json, *events: tuple[str, Json], opening: Json | None = None) -> Work:
    """Return one use of a tool; `opening`: what the item tells before it is done."""
    head: Json = {"type": kind}
    return Work({**head, "status": "in_progress", **(opening or {})}, {**head, "status": "completed", **item}, events)


def _stages(name: str, *stages: str) -> Events:
    return tuple((f"{name}.{stage}", {}) for stage in stages)


def _pieces(name: str, text: str, key: str) -> Events:
    """Return the deltas of a text and its complete form under `key`."""
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return (*((f"{name}.delta", {"delta": piece}) for piece in pieces), (f"{name}.done", {key: text}))


def _web_search() -> list[Work]:
    sources = [{"type": "url", "url": PAGE}, {"type": "url", "url": "https://example.org/rust?page=2"}]
    action = {"type": "search", "query": QUERY, "sources": sources}
    stages = _stages("web_search_call", "in_progress", "searching", "completed")
    return [_work("openrouter:web_search", {"action": action}, *stages)]


def _native_search() -> list[Work]:
    search: Json = {"type": "search", "query": QUERY, "queries": [QUERY, "bridges that rust"]}
    search["sources"] = [{"type": "url", "url": PAGE}]
    actions: list[Json] = [
        search,
        {"type": "open_page", "url": PAGE},
        {"type": "find_in_page", "url": PAGE, "pattern": "red"},
    ]
    stages = _stages("web_search_call", "in_progress", "searching", "completed")
    return [_work("web_search_call", {"action": action}, *stages) for action in actions]


def _fetch() -> list[Work]:
    item = {"url": PAGE, "title": "Bridges of the world", "httpStatus": 200, "content": "Red bridges are rare."}
    return [_work("openrouter:web_fetch", item, opening={"url": PAGE})]


def _datetime() -> list[Work]:
    item = {"datetime": "2026-08-01T09:30:00+08:00", "timezone": "Australia/Perth"}
    return [_work("openrouter:datetime", item, opening={"datetime": "", "timezone": "Australia/Perth"})]


def _image() -> list[Work]:
    item = {"prompt": "a red bridge", "revisedPrompt": "A red bridge at dawn.", "imageB64": png_base64(8)}
    stages = _stages("image_generation_call", "in_progress", "generating", "completed")
    return [_work("openrouter:image_generation", item, *stages, opening={"prompt": "a red bridge"})]


def _partial_image() -> list[Work]:
    name = "image_generation_call"
    sides = enumerate((2, 4, 6))
    partial = [
        (f"{name}.partial_image", {"partial_image_b64": png_base64(side), "partial_image_index": at})
        for at, side in sides
    ]
    events = (*_stages(name, "in_progress", "generating"), *partial, *_stages(name, "completed"))
    return [_work(name, {"result": png_base64(8)}, *events, opening={"result": None})]


def _code() -> list[Work]:
    opening: Json = {"code": "", "container_id": "cntr_1", "outputs": None}
    outputs: list[Json] = [
        {"type": "logs", "logs": "45\n"},
        {"type": "image", "url": f"data:image/png;base64,{png_base64(8)}"},
    ]
    events = (
        *_stages("code_interpreter_call", "in_progress"),
        *_pieces("code_interpreter_call_code", CODE, "code"),
        *_stages("code_interpreter_call", "interpreting", "completed"),
    )
    item: Json = {"code": CODE, "container_id": "cntr_1", "outputs": outputs}
    return [_work("code_interpreter_call", item, *events, opening=opening)]


def _sandbox() -> list[Work]:
    item = {"code": CODE, "language": "python", "stdout": "45\n", "stderr": "", "exitCode": 0}
    return [_work("openrouter:code_interpreter", item, opening={"code": CODE, "language": "python"})]


def _shell() -> list[Work]:
    action = {"commands": ["ls -1", "wc -l bridges.txt"], "timeout_ms": None, "max_output_length": None}
    said = {"stdout": "bridges.txt\n3 bridges.txt\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    item = {"action": action, "call_id": "call_shell", "container_id": "cntr_1", "output": [said]}
    return [_work("openrouter:shell", item, opening={"action": action, "call_id": "call_shell"})]


def _hosted_shell() -> list[Work]:
    action = {"commands": ["ls -1"], "timeout_ms": None, "max_output_length": None}
    said = {"stdout": "bridges.txt\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}
    opening = {"call_id": "call_shell", "action": action}
    return [
        _work("shell_call", opening, opening=opening),
        _work(
            "shell_call_output",
            {"call_id": "call_shell", "output": [said]},
            opening={"call_id": "call_shell", "output": []},
        ),
    ]


def _bash() -> list[Work]:
    item = {"command": "cat bridges.txt", "stdout": "red\nold\nnew\n", "stderr": "", "exitCode": 0}
    return [_work("openrouter:bash", item, opening={"command": "cat bridges.txt"})]


def _patch() -> list[Work]:
    operation = {"type": "update_file", "path": "bridge.py", "diff": PATCH}
    head = {"call_id": "call_patch"}
    return [
        _work(
            "openrouter:apply_patch",
            {**head, "operation": operation},
            *_pieces("apply_patch_call_operation_diff", PATCH, "diff"),
            opening={**head, "operation": {**operation, "diff": ""}},
        )
    ]


def _files() -> list[Work]:
    item = {"operation": "read", "filename": "bridges.txt", "file_id": "file_1", "result": "red\nold\nnew\n"}
    opening = {"operation": "read", "filename": "bridges.txt"}
    return [
        _work("openrouter:files", item, opening=opening),
        _work("openrouter:file_search", {"queries": [QUERY]}),
        _work("file_search_call", {"queries": [QUERY]}, opening={"queries": []}),
    ]


def _mcp() -> list[Work]:
    item = {"serverLabel": "bridges", "toolName": "find_bridge"}
    return [_work("openrouter:mcp", item, opening=item)]


def _models() -> list[Work]:
    item = {"query": "cheap and fast", "arguments": '{"query":"cheap and fast"}'}
    return [_work("openrouter:experimental__search_models", item, opening={"query": "cheap and fast"})]


def _advisor() -> list[Work]:
    opening = {"model": "sim/echo", "prompt": "Is the bridge red?", "instance_name": "reviewer"}
    return [_work("openrouter:advisor", {**opening, "advice": "It is red on both sides."}, opening=opening)]


def _subagent() -> list[Work]:
    opening: Json = {"model": "sim/echo", "task_name": "count", "task_description": "Count the bridges."}
    return [_work("openrouter:subagent", {**opening, "outcome": "There are three."}, opening=opening)]


def _fusion() -> list[Work]:
    models = ("sim/echo", "sim/thinking")
    analysis: Json = {
        "consensus": ["The bridge is red."],
        "contradictions": [{"topic": "Age", "stances": [{"model": models[0], "stance": "Old."}]}],
        "partial_coverage": [{"models": [models[0]], "point": "Rust."}],
        "unique_insights": [{"model": models[1], "insight": "It was blue once."}],
        "blind_spots": ["Its length."],
    }
    events: Events = (
        *_stages("fusion_call", "in_progress"),
        *(("fusion_call.panel.added", {"model": model}) for model in (*models, "sim/error-503")),
        ("fusion_call.panel.reasoning.delta", {"model": models[1], "delta": "Two readings."}),
        *(("fusion_call.panel.delta", {"model": model, "delta": "It is red."}) for model in models),
        *(("fusion_call.panel.completed", {"model": model, "content": "It is red."}) for model in models),
        ("fusion_call.panel.failed", {"model": "sim/error-503", "error": "Overloaded", "status_code": 503}),
        ("fusion_call.analysis.in_progress", {"judge_model": "sim/echo", "analyst_model": "sim/echo"}),
        ("fusion_call.analysis.completed", {"analysis": analysis}),
        *_stages("fusion_call", "completed"),
    )
    item = {
        "analysis": analysis,
        "responses": [{"model": model, "content": "It is red."} for model in models],
        "failed_models": [{"model": "sim/error-503", "error": "Overloaded", "status_code": 503}],
        "sources": [{"url": PAGE, "title": "Bridges of the world"}],
    }
    return [_work("openrouter:fusion", item, *events)]


def _armor() -> list[Work]:
    item: Json = {
        "status": "completed",
        "call_id": "call_armor",
        "name": "delete_bridge",
        "arguments": '{"all":true}',
        "reason": "prompt_injection",
        "explanation": "A page asked for it, not the person.",
    }
    return [_work("openrouter:armor_blocked", item, opening=item)]


def _memory() -> list[Work]:
    return [_work("openrouter:memory", {"action": "write", "key": "colour", "value": "red"})]


def _tool_search() -> list[Work]:
    match = {"tool_id": "find_bridge", "schema_digest": "d1", "definition": {"name": "find_bridge"}}
    return [_work("openrouter:tool_search", {"query": "bridge", "matches": [match]}, opening={"query": "bridge"})]


def _text_editor() -> list[Work]:
    item = {"command": "view", "filePath": "/bridge.py"}
    return [_work("openrouter:text_editor", item, opening=item)]


def _browser() -> list[Work]:
    return [_work("openrouter:browser_use", {"action": "screenshot", "screenshotB64": png_base64(8)})]


FAMILIES: dict[str, Callable[[], list[Work]]] = {
    "web-search": _web_search,
    "native-search": _native_search,
    "fetch": _fetch,
    "datetime": _datetime,
    "image": _image,
    "image-partial": _partial_image,
    "code": _code,
    "sandbox": _sandbox,
    "shell": _shell,
    "hosted-shell": _hosted_shell,
    "bash": _bash,
    "patch": _patch,
    "files": _files,
    "mcp": _mcp,
    "models": _models,
    "advisor": _advisor,
    "subagent": _subagent,
    "fusion": _fusion,
    "armor": _armor,
    "memory": _memory,
    "tool-search": _tool_search,
    "text-editor": _text_editor,
    "browser": _browser,
}
"""The uses of each family of server tools, by its name in a slug."""
