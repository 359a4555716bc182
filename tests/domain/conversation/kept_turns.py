"""Build stored turns for tests: thinking in the forms of several providers, calls, results, texts."""

from typing import Any

from domain.conversation.record import TurnItem, TurnRecord
from domain.conversation.references import call_reference
from ports.json_values import JsonObject

OPENAI, CLAUDE, GEMINI, DEEPSEEK = (
    "openai/gpt-5",
    "anthropic/claude-sonnet-4",
    "google/gemini-3-pro",
    "deepseek/deepseek-r1",
)


def ulid(number: int) -> str:
    return f"{number:026d}"


def sealed_thought(name: str = "a", said: str = "Hm.") -> dict[str, Any]:
    summary = [{"type": "summary_text", "text": said}]
    return {"type": "reasoning", "id": f"rs_{name}", "summary": summary, "encrypted_content": f"gAA{name}"}


def signed_thought(name: str = "a") -> dict[str, Any]:
    content = [{"type": "reasoning_text", "text": "Let me see."}]
    return {
        "type": "reasoning",
        "id": f"rs_{name}",
        "summary": [],
        "content": content,
        "signature": f"Es{name}",
        "format": "anthropic-claude-v1",
    }


def answer(text: str, name: str = "") -> dict[str, Any]:
    if not name:
        return {"type": "message", "role": "assistant", "content": text}
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "role": "assistant", "id": f"msg_{name}", "status": "completed", "content": content}


def call(call_id: str, arguments: str = '{"q":1}') -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": "look", "arguments": arguments}


def output(call_id: str, text: str = "found") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def record(*items: JsonObject, number: int = 1, model: str = OPENAI, **more: Any) -> TurnRecord:
    """Return a turn whose answered calls have references; its id is made of `number`."""
    shown: dict[str, str] = {}
    answered = {item["call_id"] for item in items if item["type"] == "function_call_output"}
    for place, item in enumerate(items):
        if item["type"] == "function_call" and item["call_id"] in answered:
            shown[item["call_id"]] = call_reference(ulid(number), place)
    kept = tuple(TurnItem(item, shown.get(item.get("call_id", ""), "")) for item in items)
    return TurnRecord(ulid(number), model, model, kept, **more)


def tool_turn(number: int = 1, model: str = OPENAI, result: str = "found") -> TurnRecord:
    """Return a turn of thinking, two concurrent calls, thinking and an answer."""
    think = signed_thought if model == CLAUDE else sealed_thought
    return record(
        think(f"{number}a"),
        answer("I look.", f"{number}a"),
        call(f"c{number}"),
        call(f"d{number}"),
        output(f"c{number}", result),
        output(f"d{number}"),
        think(f"{number}b"),
        answer("It is **there**.\n\n- yes", f"{number}b"),
        number=number,
        model=model,
    )
