"""Render turns as each kind of caller returns them. Source: output profiles, what comes back next turn."""

import html
import json
from collections.abc import Sequence
from typing import Any

from domain.conversation.record import TurnItem, TurnRecord
from entrypoints.openwebui.history_format import details_entry, marker_line, thinking_tag

Message = dict[str, Any]
RESULT_SHOWN = 2000
HOSTS = ("0.12.4", "0.10.2", "0.8.12", "0.6.28", "api")
NATIVE = HOSTS[:3]


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def text_of(item: Any) -> str:
    content = item["content"]
    return content if isinstance(content, str) else "\n\n".join(part["text"] for part in content)


def returned(host: str, record: TurnRecord) -> list[Message]:
    """Return a finished turn as the host returns it."""
    if host == "0.6.28":
        return [{"role": "assistant", "content": "\n" + legacy_text(record.turn_id, record.items)}]
    if host == "api":
        return api_messages(record.items)
    return native_messages(host, record)


def native_messages(host: str, record: TurnRecord) -> list[Message]:
    messages: list[Message] = []
    texts: list[str] = []
    details: list[Message] = []
    calls: list[Message] = []
    results: list[Message] = []

    def flush() -> None:
        if texts or details or calls:
            message: Message = {"role": "assistant", "content": "\n".join(texts)}
            if calls:
                message["tool_calls"] = list(calls)
            if details:
                message["reasoning_details"] = list(details)
            messages.extend((message, *results))
        for pending in (texts, details, calls, results):
            pending.clear()

    for number, kept in enumerate(record.items):
        item, kind = kept.item, kept.item["type"]
        if kind in ("reasoning", "message") and results:
            flush()
        if kind == "reasoning" and host == "0.8.12":
            thought = "".join(part["text"] for part in item["summary"]) or "hm"
            texts.append(f"{thinking_tag(record.turn_id, number)}{thought}</think>")
        elif kind == "reasoning":
            details.append(details_entry(record.turn_id, number))
        elif kind == "message":
            texts.append(text_of(item).strip())
        elif kind == "function_call":
            if results:
                flush()
            function = {"name": item["name"], "arguments": item["arguments"]}
            calls.append({"id": kept.shown, "type": "function", "function": function})
        else:
            results.append({"role": "tool", "tool_call_id": kept.shown, "content": shown(item["output"])})
    flush()
    return messages


def legacy_text(turn_id: str, items: Sequence[TurnItem], *, quoted: bool = True) -> str:
    """Return the text of 0.6: one text with a marker line; the page returns a tool block as the quoted result."""
    pieces = [f"\n\n{marker_line(turn_id)}\n\n"]
    for kept in items:
        if kept.item["type"] == "message":
            pieces.append(text_of(kept.item))
        elif kept.item["type"] == "function_call_output":
            result = html.escape(json.dumps(shown(kept.item["output"]), ensure_ascii=False))
            block = (
                f'<details type="tool_calls" done="true" id="{kept.shown}" name="x" result="{result}">\n</details>\n'
            )
            pieces.append(f'"{result}"\n' if quoted else block)
    return "\n\n".join(pieces)


def api_messages(items: Sequence[TurnItem]) -> list[Message]:
    """Return a turn as an API client returns it: text, and the calls without output, which the client runs itself."""
    answered = {kept.item["call_id"] for kept in items if kept.item["type"] == "function_call_output"}
    texts = [text_of(kept.item) for kept in items if kept.item["type"] == "message"]
    calls = [
        {
            "id": kept.item["call_id"],
            "type": "function",
            "function": {"name": kept.item["name"], "arguments": kept.item["arguments"]},
        }
        for kept in items
        if kept.item["type"] == "function_call" and kept.item["call_id"] not in answered
    ]
    message: Message = {"role": "assistant", "content": "\n\n".join(texts)}
    return [{**message, "tool_calls": calls} if calls else message]


def shown(output: str) -> str:
    return output if len(output) <= RESULT_SHOWN else output[:RESULT_SHOWN] + "…"
