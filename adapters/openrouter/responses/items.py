"""Brings output items into their documented form where providers deviate from it.

Source: OpenRouter API reference, output items.
"""

from adapters.openrouter.wire.arguments import argument_text
from ports.json_values import JsonObject


def as_documented(item: JsonObject) -> JsonObject:
    """Return an item with the arguments of a call as a text, and the content of a message as a list of parts."""
    if item.get("type") == "function_call" and isinstance(item.get("arguments"), dict):
        return {**item, "arguments": argument_text(item["arguments"])}
    if item.get("type") == "message" and isinstance(item.get("content"), str):
        return {**item, "content": [{"type": "output_text", "text": item["content"], "annotations": []}]}
    return item
