"""Repairs of what the request replays: refused thinking is left out, a refused item goes as text, at last everything.

The last resort is the same turns as plain text: no chat ends because of what we stored of it.
"""

import re
from dataclasses import replace

from domain.conversation.calls_as_text import takes_calls
from domain.conversation.plain_items import as_plain, has_thinking, without_thinking
from domain.request.lesson import HISTORY, THINKING, Lesson
from domain.request.refusal import Refusal
from domain.request.refusal_words import (
    ELSEWHERE,
    ITEM_CODES,
    ITEM_REFUSED,
    THINKING_CODES,
    THINKING_MISSING,
    THINKING_REFUSED,
)
from ports.json_values import JsonObject
from ports.responses import UpstreamRequest

_HISTORY = ("input", "messages", "contents")
_ID = re.compile(r"[A-Za-z0-9_.:-]{6,}")


def named_history_repairs(refusal: Refusal, sent: UpstreamRequest, *, last: bool) -> list[Lesson]:
    """Return the repairs for a refusal that names thinking or an item of the history; `last`: only one may be tried."""
    items = sent.body.input
    if refusal.code not in THINKING_CODES and THINKING_MISSING.search(refusal.text):
        return [Lesson(HISTORY)]
    if refusal.code in THINKING_CODES or THINKING_REFUSED.search(refusal.text):
        if last or not has_thinking(items):
            return [Lesson(HISTORY)]
        named = _named_answer(refusal, items)
        return [*([Lesson(THINKING, named)] if named else []), Lesson(THINKING), Lesson(HISTORY)]
    if refusal.code in ITEM_CODES or ITEM_REFUSED.search(refusal.text):
        return [Lesson(HISTORY)]
    return []


def about_history(refusal: Refusal) -> bool:
    """Return whether the named parameter is a part of the history."""
    return refusal.param.startswith(_HISTORY)


def last_resort(refusal: Refusal) -> list[Lesson]:
    """Return the history as text for an invalid request, unless the refusal names another part of it."""
    if refusal.param and not about_history(refusal):
        return []
    return [] if ELSEWHERE.search(f"{refusal.param} {refusal.text}") else [Lesson(HISTORY)]


def with_repaired_history(sent: UpstreamRequest, lesson: Lesson) -> UpstreamRequest:
    """Return the request with a plainer history; the same object if nothing of it is replayed."""
    body = sent.body
    if lesson.what == THINKING:
        if not has_thinking(body.input):
            return sent
        items = without_thinking(body.input, with_calls=takes_calls(body.model, None), only=lesson.value)
    else:
        items = as_plain(body.input)
    return sent if items == body.input else replace(sent, body=replace(body, input=items))


def _named_answer(refusal: Refusal, items: tuple[JsonObject, ...]) -> str:
    """Return the id of an item that the refusal names; empty if it names none."""
    ids = {str(name) for item in items for name in (item.get("id"), item.get("call_id")) if name}
    return next((name for name in _ID.findall(refusal.exact) if name in ids), "")
