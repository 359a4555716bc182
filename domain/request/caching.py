"""What helps a provider's prompt cache: a stable beginning, marks where it ends, and a key that keeps a chat together.

A cache keeps the beginning of a prompt: tools, system prompt, then the history. It ends at the first byte that differs
from the last request. Most providers cache automatically. Claude requires marks, at most four: on `/responses` a mark
at the top level sets one at the last cacheable block. A request finds what an earlier one has kept only within twenty
blocks before a mark, and one round of parallel calls may be longer; so the system prompt and the questions of the last
two turns are marked too. Source: OpenRouter API reference, usage and request body; ADR 41.
"""

from collections.abc import Sequence

from domain.catalog.support import ANTHROPIC, OPENAI, author, reads_system_messages_anywhere
from domain.conversation.cache_marks import marked_parts, with_mark, without_marks
from domain.conversation.calls_as_text import is_persons
from domain.conversation.history_format import HistoryFormat
from domain.conversation.known_roles import INSTRUCTING
from domain.request.shapes import inner, one_of
from domain.request.turn_request import Prompting
from ports.json_values import JsonObject

MOST_MARKS = 4
"""Marks that a maker accepts in one request; Claude counts the one at the top level too."""
MARKED_TURNS = 2
LONGEST_CACHE_KEY = 64
_TAKE_MARKS = (ANTHROPIC, "qwen", "openrouter")
"""Makers whose models read marks, and routers, which choose among them."""
MARK = inner({"type": one_of("ephemeral"), "ttl": one_of("5m", "1h")}, "type")


def cache_mark(
    slug: str, prompting: Prompting, items: Sequence[JsonObject] = (), asked: JsonObject | None = None
) -> JsonObject | None:
    """Return the `cache_control` object for a model; the caller's own mark comes first.

    None if the model needs none, or `items` have all possible marks. Beside marks in `items`, whose life on Claude is
    the shorter one, its life is not the longer one, which Claude accepts only before them.
    """
    mark = MARK(asked) if author(slug) in _TAKE_MARKS else None
    if author(slug) != ANTHROPIC:
        return mark
    if mark is None and prompting.cache_marks:
        mark = {"type": "ephemeral", "ttl": "1h"} if prompting.cache_ttl == "1h" else {"type": "ephemeral"}
    marks = len(marked_parts(items)) if mark else 0
    if marks >= MOST_MARKS:
        return None
    return {"type": "ephemeral"} if marks else mark


def cached_well(
    items: tuple[JsonObject, ...],
    slug: str,
    prompting: Prompting,
    history_format: HistoryFormat,
    *,
    asked: JsonObject | None = None,
    alone: bool = True,
) -> tuple[JsonObject, ...]:
    """Return a history in the form that a prompt cache of the model's maker reads best: the same words, with marks.

    A caller's own marks are kept instead of ours, the last ones if there are more than makers accept. No mark of ours
    if the mark at the top level, `asked` or ours, has a longer life: Claude accepts none after those of a shorter one.
    `alone`: no model of another maker may answer instead.
    """
    if prompting.changing_last and alone and reads_system_messages_anywhere(slug):
        items = _changing_last(items, history_format)
    theirs = marked_parts(items)
    if theirs:
        return without_marks(items, theirs[:-MOST_MARKS])
    if not prompting.cache_marks or author(slug) != ANTHROPIC:
        return items
    top = cache_mark(slug, prompting, (), asked) or {}
    return items if top.get("ttl") == "1h" else _marked(items)


def cache_key_of(asked: str | None, session_id: str | None, slug: str) -> str | None:
    """Return the key by which OpenAI sends the requests of one chat to one cache: the caller's, or the session's."""
    if asked:
        return asked[:LONGEST_CACHE_KEY]
    return session_id if session_id and len(session_id) <= LONGEST_CACHE_KEY and author(slug) == OPENAI else None


def _marked(items: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    changed = list(items)
    first = next((at for at, item in enumerate(items) if item.get("role") not in INSTRUCTING), len(items))
    for position in ({first - 1} if first else set()) | set(_ends_of_questions(items)[-MARKED_TURNS:]):
        number = _last_text(items[position])
        if number is not None:
            changed[position] = with_mark(items[position], number)
    return tuple(changed)


def _ends_of_questions(items: Sequence[JsonObject]) -> list[int]:
    """Return the positions of the last message of the person in each turn."""
    roles = [item.get("role") for item in items]
    return [at for at, role in enumerate(roles) if role == "user" and roles[at + 1 : at + 2] != ["user"]]


def _last_text(item: JsonObject) -> int | None:
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return next((at for at in reversed(range(len(parts))) if parts[at].get("type") == "input_text"), None)


def _changing_last(items: tuple[JsonObject, ...], history_format: HistoryFormat) -> tuple[JsonObject, ...]:
    """Move what a host adds to the system prompt anew for each message, word for word, before the last question.

    It stays a system message. Makers that read system messages only in front get them joined, in the order they had.
    """
    head = items[0] if items and items[0].get("role") in INSTRUCTING else {}
    content = head.get("content")
    if not isinstance(content, list):
        return items
    for number, part in enumerate(content):
        span = history_format.changing_in(part["text"]) if part.get("type") == "input_text" else None
        if span is not None:
            text = part["text"]
            kept = text[: span[0]].rstrip() + text[span[1] :]
            parts = [*content[:number], *([{**part, "text": kept}] if kept.strip() else []), *content[number + 1 :]]
            moved = {**head, "content": [{"type": "input_text", "text": text[slice(*span)]}]}
            rest = [{**head, "content": parts}, *items[1:]] if parts else list(items[1:])
            at = _begin_of_question(rest)
            return (*rest[:at], moved, *rest[at:])
    return items


def _begin_of_question(items: Sequence[JsonObject]) -> int:
    """Return where the last question begins: the first of the person's messages that end the turns before."""
    ends = [at for at, item in enumerate(items) if is_persons(item)]
    if not ends:
        return len(items)
    begin = ends[-1]
    while begin and is_persons(items[begin - 1]):
        begin -= 1
    return begin
