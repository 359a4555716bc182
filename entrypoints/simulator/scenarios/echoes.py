"""Plain answers: the echo, answers to a chat host's background tasks, and tool calls."""

import re
from typing import Any

import orjson

from entrypoints.simulator.payload import Json
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.prompts import Prompt, Tool
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.moves import Call, Finish, Picture, Say, Script

_KEYS = re.compile(r'\{\s*"(title|tags|follow_ups|queries|prompt|text)"\s*:')
_TASK = re.compile(r"### Task:(?!\s*Respond to the user)\s*(?P<line>[^\n]*)")
_HINTS = (
    ("follow_ups", re.compile(r"follow-?\s?up", re.IGNORECASE)),
    ("queries", re.compile(r"search quer", re.IGNORECASE)),
    ("tags", re.compile(r"\btags?\b", re.IGNORECASE)),
    ("title", re.compile(r"\btitle\b", re.IGNORECASE)),
)
_TASK_ANSWERS: dict[str, Json] = {
    "title": {"title": "Simulated Conversation"},
    "tags": {"tags": ["Simulation", "Testing"]},
    "follow_ups": {"follow_ups": ["What else can you echo?", "Why is that so?", "Is there an example?"]},
    "queries": {"queries": []},
    "prompt": {"prompt": "A red bridge over a calm river in the morning."},
    "text": {"text": "and so on."},
}


def words_of(text: str) -> list[str]:
    """Split a text into pieces as a model would send them: a word and the space after it."""
    return re.findall(r"\s*\S+\s?|\s+", text)


def echo(ask: Ask) -> Script:
    """Repeat the last user text; answer a background task with the JSON it requests."""
    return (Say(words_of(task_answer(ask.prompt.text) or f"You said: {ask.prompt.text}")), Finish())


def task_answer(text: str) -> str | None:
    """Return the JSON answer to a task template; None for other texts and for retrieval templates, which need prose."""
    task = _TASK.search(text)
    if task is None:
        return None
    line = task["line"]
    hinted = next((key for key, hint in _HINTS if hint.search(line)), None)
    if hinted is None and (wanted := _KEYS.search(text)):
        hinted = wanted[1]
    return None if hinted is None else orjson.dumps(_TASK_ANSWERS[hinted]).decode()


def picture(ask: Ask) -> Script:
    """Answer as a model that outputs images only."""
    del ask
    return (Picture(png_base64(8)), Finish())


def tool_call(ask: Ask) -> Script:
    """Call the first offered function, or quote its result once there is one."""
    prompt = ask.prompt
    if prompt.results:
        return (Say(words_of("The tool said: " + "\n".join(prompt.results))), Finish())
    tool = _chosen(prompt)
    if tool is None:
        return (Say(words_of("There was no tool to call.")), Finish())
    arguments = orjson.dumps(_example(tool.parameters)).decode()
    return (Call(tool.name, arguments), Finish())


def _chosen(prompt: Prompt) -> Tool | None:
    if prompt.choice == "none":
        return None
    named = (tool for tool in prompt.tools if tool.name == prompt.choice)
    return next(named, prompt.tools[0] if prompt.tools else None)


def _example(schema: Json) -> Any:
    """Return a minimal value for a JSON schema; only simple schemas are supported."""
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _example(options[0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _example(properties.get(name, {})) for name in schema.get("required", ())}
    plain = {"string": "example", "integer": 1, "number": 1.5, "boolean": True, "array": []}
    return plain.get(kind)
