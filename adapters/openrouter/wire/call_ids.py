"""Gives calls the one form of an id that every known provider accepts: nine letters and digits.

Mistral accepts nothing else, Anthropic letters, digits, `_` and `-`, OpenAI 64 characters. Models write ids with dots,
colons and blanks, and an id of one model is sent to the next one. Sources: the errors of these providers (`Tool call id
was ... but must be a-z, A-Z, 0-9, with a length of 9`, `tool_use.id: String should match pattern`, `call_id: string
too long. Expected a string with maximum length 64`).
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from string import ascii_letters, digits
from typing import Any

from adapters.openrouter.wire.fields import objects, text
from ports.json_values import JsonObject
from ports.responses import CHAT_DETAILS

LENGTH = 9
KINDS = frozenset(
    kind + end
    for kind in ("function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call")
    for end in ("", "_output")
) | {"tool_search_call", "tool_search_output"}
CHAT_KINDS = KINDS | {"mcp_approval_request", "mcp_approval_response"}
"""On chat completions an approval is a call of a function like any other, and so is its id."""
KEYS = {"local_shell_call_output": "id", "mcp_approval_request": "id", "mcp_approval_response": "approval_request_id"}
"""Kinds that upstream pairs by another key than `call_id`; ids of approvals are its own and stay. Source: the SDK."""
_CANONICAL = re.compile(r"[a-zA-Z0-9]{9}")
_SIGNS = digits + ascii_letters


def with_portable_ids(items: Sequence[JsonObject], kinds: frozenset[str] = KINDS) -> Sequence[JsonObject]:
    """Return items whose calls and outputs have portable ids; pairs stay pairs, and ids of two calls differ.

    An id always becomes the same one, so that a longer history begins with the same bytes as a shorter one. Entries of
    `reasoning_details` that name a call name it by its new id.
    """
    given = dict.fromkeys(_id_before(item) for item in items if text(item.get("type")) in kinds)
    if not all(map(_CANONICAL.fullmatch, given)):
        new = _portable(list(given))
        items = [_renamed(item, new, kinds) for item in items]
    if any(text(item.get("type")) in KEYS for item in items):
        items = [_keyed(item) for item in items]
    return items


def id_in(item: JsonObject) -> str:
    """Return the id of a call or an output as it is sent, whatever its key."""
    return text(item.get(KEYS.get(text(item.get("type")), "call_id")))


def _portable(given: Sequence[str]) -> dict[str, str]:
    taken = {call_id for call_id in given if _CANONICAL.fullmatch(call_id)}
    new = {call_id: call_id for call_id in taken}
    for call_id in given:
        attempt = 0
        while call_id not in new:
            made = _made(call_id, attempt)
            if made not in taken:
                new[call_id] = made
                taken.add(made)
            attempt += 1
    return new


def _made(call_id: str, attempt: int) -> str:
    number = int.from_bytes(sha256(f"{attempt}:{call_id}".encode("utf-8", "surrogatepass")).digest())
    signs: list[str] = []
    for _ in range(LENGTH):
        number, rest = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[rest])
    return "".join(signs)


def _keyed(item: JsonObject) -> JsonObject:
    """Return an item with its id under the key that upstream has for it."""
    key = KEYS.get(text(item.get("type")))
    if key is None or "call_id" not in item:
        return item
    return {**{name: item[name] for name in item if name not in ("call_id", key)}, key: item["call_id"]}


def _id_before(item: JsonObject) -> str:
    """Return the id of a call or an output before it is written under the key that upstream has for it."""
    return text(item.get("call_id")) or id_in(item)


def _renamed(item: JsonObject, new: dict[str, str], kinds: frozenset[str]) -> JsonObject:
    if text(item.get("type")) in kinds:
        return {**item, "call_id": new[_id_before(item)]}
    details = objects(item.get(CHAT_DETAILS))
    if not any(text(entry.get("id")) in new for entry in details):
        return item
    named: list[dict[str, Any]] = [
        {**entry, "id": new[entry["id"]]} if text(entry.get("id")) in new else dict(entry) for entry in details
    ]
    return {**item, CHAT_DETAILS: named}
