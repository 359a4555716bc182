"""Chat messages -> input items that upstream accepts.

Every call gets an output, empty items are omitted, texts keep their order. Sources: OpenRouter API reference, input
items; the host's contract, what a history can contain.
"""

from collections.abc import Iterator, Sequence

from domain.conversation.call_kinds import COMPUTER, is_output
from domain.conversation.call_pairs import paired
from domain.conversation.calls_as_text import ResultInWords, as_text, takes_calls
from domain.conversation.drawn_pictures import with_notes
from domain.conversation.history_format import PLAIN, HistoryFormat
from domain.conversation.known_roles import INSTRUCTING
from domain.conversation.legacy_calls import LegacyCalls
from domain.conversation.media import sendable
from domain.conversation.native_calls import call_in, words_of_call
from domain.conversation.output_parts import words_in
from domain.conversation.parts import parts_of, says
from domain.conversation.persons_words import with_persons_words
from domain.conversation.placeholders import DO_AS_ASKED, GO_ON, answered, called
from domain.conversation.references import texts_of
from domain.conversation.tool_outputs import output_in, without_unseen
from domain.conversation.turn_boundaries import last_turns
from ports.catalog import Model
from ports.json_values import JsonObject


def items_of(
    messages: Sequence[object],
    model: Model | None = None,
    turns: int = 0,
    slug: str = "",
    *,
    first: int = 0,
    history_format: HistoryFormat = PLAIN,
) -> tuple[JsonObject, ...]:
    """Translate a history, or its last `turns` turns. Empty messages, and values that are no messages, are omitted.

    `model` is the catalog's entry for `slug`, None if there is none. Media that the model rejects become a note, calls
    that it rejects are rendered as text. `first`: the position of the first message, if these are part of a history.
    """
    items, with_calls = translated(last_turns(messages, turns), model, first, history_format)
    return answered_calls(items, model, slug, history_format) if with_calls else tuple(items)


def translated(
    messages: Sequence[object], model: Model | None, first: int = 0, history_format: HistoryFormat = PLAIN
) -> tuple[list[JsonObject], bool]:
    """Translate messages one by one; return the items, and whether there are calls or outputs among them."""
    items: list[JsonObject] = []
    older, with_calls = LegacyCalls(), False
    words_of = history_format.words_of
    seen: set[str] = set()  # ids of computer calls, which go back in words
    for position, message in enumerate(messages, first):
        if not isinstance(message, dict):
            continue
        role, content = message.get("role"), message.get("content")
        if role == "assistant":
            text = words_of(content if isinstance(content, str) else plain_text(content), results=True)
            if says(text := _with_refusal(with_notes(text), message.get("refusal"))):
                items.append({"type": "message", "role": role, "content": text})
            if "tool_calls" in message or "function_call" in message:
                asked = message.get("tool_calls") or older.asked(message.get("function_call"), position)
                items += _calls(asked, seen)
                with_calls = True
        elif role in ("user", "system", "developer"):
            parts = parts_of(content) if isinstance(content, str) else sendable(parts_of(content), model)
            if parts:
                items.append({"type": "message", "role": role, "content": parts})
        elif role in ("tool", "function"):
            call_id = message.get("tool_call_id") if role == "tool" else older.answered(message.get("name"))
            if role == "function" and not call_id:
                continue  # of a function that no open call names
            if _id_of(call_id) in seen:
                items.append(_screen(content, model))
                continue
            items.append({"type": "function_call_output", "call_id": _id_of(call_id), "output": output_in(content)})
            with_calls = True
    return items, with_calls


def answered_calls(
    items: Sequence[JsonObject], model: Model | None, slug: str, history_format: HistoryFormat
) -> tuple[JsonObject, ...]:
    """Return items in which every call has its output, and calls that the model rejects are words."""
    whole = with_persons_words(tuple(without_unseen(paired(items), model)), history_format.asking)
    return tuple(whole if takes_calls(slug, model) else as_text(whole))


def answerable(items: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    """Return items that end with a message of the person or a tool output, as upstream requires; () stays ().

    Clients and filters put instructions behind the question, or send nothing else: those are no words to continue.
    """
    if not items or items[-1].get("role") == "user" or is_output(items[-1]):
        return items
    said = DO_AS_ASKED if items[-1].get("role") in INSTRUCTING else GO_ON
    return (*items, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": said}]})


def plain_text(content: object) -> str:
    """Return the text of a message's content: a string, or the texts and refusals of a list."""
    return content if isinstance(content, str) else "\n".join(texts_of(content))


def _with_refusal(text: str, refusal: object) -> str:
    """Return the words of an answer with the refusal that chat completions have beside them."""
    if not isinstance(refusal, str) or not says(refusal):
        return text
    return f"{text}\n\n{refusal}" if says(text) else refusal


def _calls(entries: object, seen: set[str]) -> Iterator[JsonObject]:
    """Yield the calls of a message; a computer call goes back in words, and its id joins `seen`."""
    for entry in entries if isinstance(entries, list) else ():
        call = call_in(entry, _id_of(entry.get("id")) if isinstance(entry, dict) else "")
        if call is not None and call["type"] == COMPUTER:
            seen.add(call["call_id"])
            yield {"type": "message", "role": "assistant", "content": called(*words_of_call(call))}
        elif call is not None:
            yield call


def _screen(content: object, model: Model | None) -> JsonObject:
    """Return what a computer call brought, as a message: its text, and the picture of the screen."""
    said = {"type": "input_text", "text": answered("computer", words_in(output_in(content)) or "(media)")}
    media = [part for part in sendable(parts_of(content), model) if part.get("type") != "input_text"]
    return ResultInWords({"type": "message", "role": "user", "content": [said, *media]})


def _id_of(given: object) -> str:
    """Return a call id as text, empty if there is none: such calls and outputs are paired by order alone."""
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return given if isinstance(given, str) and given.strip() else ""
