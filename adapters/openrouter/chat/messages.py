"""Converts input items of `POST /responses` to messages of chat completions.

Consecutive reasoning, text and calls of the assistant become one message, followed directly by one tool message per
call. Source: OpenRouter API reference, chat completions.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from adapters.openrouter.chat.parts import chat_parts, compact, is_text
from adapters.openrouter.chat.reasoning_details import append_details, details_of, next_index, plain_thinking
from adapters.openrouter.wire.call_ids import id_in
from adapters.openrouter.wire.codec import STDLIB
from adapters.openrouter.wire.fields import text
from ports.json_values import JsonObject

OUTPUTS = "function_call_output"
ASKED = {
    "custom_tool_call": "input",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
    "mcp_approval_request": "arguments",
    "tool_search_call": "arguments",
}
"""Calls that chat completions has no form for, and what each asks: they go as calls of functions."""
ANSWERED = frozenset(
    {"mcp_approval_response", "tool_search_output"}
    | {f"{kind}_output" for kind in ("custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call")}
)
BARE = ("type", "call_id", "id", "approval_request_id")
BETWEEN_PARTS = "\n\n"
ATTACHED = "The tool's output is attached to the next message."
ATTACHMENT = "Attached by the tool {name}:"


def chat_messages(items: Sequence[JsonObject], instructions: str | None = None) -> list[JsonObject]:
    """Translate a history; `instructions` become the first system message. Items without a chat form are left out."""
    writer = _Writer(items)
    if instructions:
        writer.messages.append({"role": "system", "content": instructions})
    for item in items:
        writer.take(item)
    writer.end_turn()
    return writer.messages


class _Turn:
    """Consecutive assistant items that become one message."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.calls: list[JsonObject] = []
        self.reasoning: list[JsonObject] = []

    def message(self) -> JsonObject:
        """Return the assistant message."""
        message: dict[str, Any] = {"role": "assistant"}
        joined_text = BETWEEN_PARTS.join(self.text)
        if joined_text.strip() or not self.calls:  # with calls, providers reject an empty text but accept a missing one
            message["content"] = joined_text
        message |= _thinking(self.reasoning)
        if self.calls:
            message["tool_calls"] = [_tool_call(call) for call in self.calls]
        return message


class _Writer:
    """Writes messages item by item; `pending` reasoning belongs to the assistant's next text or call."""

    def __init__(self, items: Iterable[JsonObject]) -> None:
        self.messages: list[JsonObject] = []
        self._turn: _Turn | None = None
        self._pending: list[JsonObject] = []
        self._outputs: dict[str, list[JsonObject]] = {}
        for item in items:
            if item.get("type") == OUTPUTS or text(item.get("type")) in ANSWERED:
                self._outputs.setdefault(id_in(item), []).append(item)

    def take(self, item: JsonObject) -> None:
        """Write one item, or hold it until its message is complete."""
        kind, role = item.get("type"), item.get("role")
        if kind == "reasoning":
            self._pending.append(item)
        elif kind == "function_call" or kind in ASKED:
            self._open_turn().calls.append(item)
        elif kind == OUTPUTS or kind in ANSWERED:
            self.end_turn()
        elif role == "assistant":
            self._say(_assistant_text(item.get("content")))
        elif role in ("user", "system", "developer"):
            self.end_turn()
            self._write(str(role), item.get("content"))

    def end_turn(self) -> None:
        """Write the assistant message and the outputs of its calls."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.reasoning += (item for item in self._pending if "reasoning_details" in item)  # arrived after the text
            self.messages.append(turn.message())
            self._answer(turn.calls)
        self._pending = []

    def _open_turn(self) -> _Turn:
        if self._turn is None:
            self._turn = _Turn()
        self._turn.reasoning += self._pending
        self._pending = []
        return self._turn

    def _say(self, content: str) -> None:
        if not content:
            return
        turn = self._turn
        if turn is not None and turn.text and not turn.calls:
            self._turn, pending, self._pending = None, self._pending, []
            self.messages.append(turn.message())
            self._pending = pending
        self._open_turn().text.append(content)

    def _write(self, role: str, content: object) -> None:
        parts = chat_parts(content)
        if role != "user":
            parts = [part for part in parts if is_text(part)]
        if parts:
            self.messages.append({"role": role, "content": compact(parts)})

    def _answer(self, calls: list[JsonObject]) -> None:
        """Write one tool message per call; media follow in a user message, because few providers accept them here."""
        media: list[JsonObject] = []
        for call in calls:
            call_id = id_in(call)
            waiting = self._outputs.get(call_id)
            if not waiting:
                continue
            parts = chat_parts(_output_of(waiting.pop(0)))
            attached = [part for part in parts if not is_text(part)]
            output_text = "\n".join(str(part["text"]) for part in parts if is_text(part))
            content = output_text or (ATTACHED if attached else "")
            self.messages.append({"role": "tool", "tool_call_id": call_id, "content": content})
            if attached:
                media += [{"type": "text", "text": ATTACHMENT.format(name=_name_of(call))}, *attached]
        if media:
            self.messages.append({"role": "user", "content": media})


def _thinking(items: list[JsonObject]) -> dict[str, Any]:
    """Return the reasoning fields of one message: the original list, or one built from other reasoning items."""
    details: list[JsonObject] = []
    plain, listed = "", False
    for item in items:
        original = item.get("reasoning_details")
        alone = "" if original else plain_thinking(item)
        plain += alone
        if isinstance(original, list | tuple):
            listed = True
            append_details(details, original)
        elif not alone:
            append_details(details, details_of(item, next_index(details)))
    thinking: dict[str, Any] = {"reasoning": plain} if plain else {}
    if details or listed:
        thinking["reasoning_details"] = details
    return thinking


def _tool_call(item: JsonObject) -> JsonObject:
    function = {"name": _name_of(item), "arguments": _arguments_of(item)}
    return {"id": id_in(item), "type": "function", "function": function}


def _name_of(call: JsonObject) -> object:
    return call.get("name") or text(call.get("type")).removesuffix("_call")


def _arguments_of(call: JsonObject) -> object:
    """Return the arguments of a call; what a call of another kind than a function asks becomes an object."""
    key = ASKED.get(text(call.get("type")))
    if key is None:
        return call.get("arguments") or "{}"
    asked = call.get(key)
    return _written(asked if isinstance(asked, dict) else {key: asked})


def _output_of(output: JsonObject) -> object:
    """Return what a call brought: its output, or as JSON all that its kind says of it."""
    given = output.get("output")
    if output.get("type") == OUTPUTS or (isinstance(given, str) and "status" not in output):
        return given
    return _written({key: output[key] for key in output if key not in BARE})


def _written(value: JsonObject) -> str:
    """Return an object as JSON text; an empty one for what is no JSON, such as lone surrogates."""
    try:
        return STDLIB.dumps(value).decode()
    except ValueError:
        return "{}"


def _assistant_text(content: object) -> str:
    """Return the text of an assistant message; a refusal counts as text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list | tuple) else ()
    texts = (text(part.get("text")) or text(part.get("refusal")) for part in parts if isinstance(part, dict))
    return BETWEEN_PARTS.join(filter(None, texts))
