"""The answer that a person continues, for hosts that lose it.

From 0.8 to 0.10 the new items replace the earlier ones, and pages of 0.10 and 0.11 show the text that we send last. All
others put the earlier part in front themselves. Source: the host's middleware.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from domain.conversation.references import texts_of
from domain.request.turn_request import Caller
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.history_format import OPEN_WEBUI
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.present.handover import call_item, output_item
from entrypoints.openwebui.present.item_list import Item, ItemList
from ports.toolbox import ToolCall


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the new part begins with: the `items` of the earlier one, or its `text` if the host keeps the items."""

    items: tuple[Item, ...] = ()
    text: str = ""


NOTHING = Earlier()


def earlier_part(call: HostCall, turn_id: str, version: tuple[int, int]) -> Earlier:
    """Return what the host would lose of the answer that `call` continues; nothing if it continues none."""
    if version >= (0, 12):
        return NOTHING
    items = _known_items(call, turn_id)
    if version < (0, 11):
        return Earlier(tuple(items))
    texts = [item["content"][0]["text"] for item in items if item["type"] == "message"]
    return Earlier(text="\n\n".join(texts))


def _known_items(call: HostCall, turn_id: str) -> list[Item]:
    if call.caller is not Caller.PAGE or not isinstance(call.body, CompletionsBody):
        return []
    messages = [message for message in call.body.messages if isinstance(message, dict)]
    if not messages or messages[-1].get("role") != "assistant":
        return []
    asked = max((at for at, message in enumerate(messages) if message.get("role") == "user"), default=-1)
    known = ItemList(turn_id)
    for item in _items(messages[asked + 1 :], known):
        known.add(item)
    return [known[index] for index in range(len(known))]


def _items(messages: Sequence[dict[str, Any]], known: ItemList) -> Iterator[Item]:
    """Yield texts, calls and results; a call without a result is left out, because the host would run it."""
    results = {
        message.get("tool_call_id"): "\n".join(texts_of(message.get("content")))
        for message in messages
        if message.get("role") == "tool"
    }
    for message in messages:
        if message.get("role") != "assistant":
            continue
        text = OPEN_WEBUI.words_of("\n".join(texts_of(message.get("content"))))
        if text.strip():
            content = [{"type": "output_text", "text": text}]
            yield {"type": "message", "id": known.id("msg"), "role": "assistant", "content": content}
        for call in _calls(message.get("tool_calls"), results):
            yield call_item(known.id("fc"), call, "completed")
            yield output_item(known.id("fo"), call.call_id, results[call.call_id], "completed")


def _calls(given: object, results: dict[Any, str]) -> Iterator[ToolCall]:
    for call in given if isinstance(given, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(call.get("id"), str) and call["id"] in results:
            yield ToolCall(call["id"], str(function.get("name") or ""), str(function.get("arguments") or ""))
