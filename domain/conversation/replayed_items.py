"""The items of a stored answer: as stored, or the host's text with calls and outputs from the store.

Ids are unique in the request even if the history repeats turns; every call has exactly one output. Source: OpenRouter
API reference, input items and reasoning replay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from domain.conversation.annotations import with_sound_annotations
from domain.conversation.arguments import object_text
from domain.conversation.call_ids import LONGEST, CallIds
from domain.conversation.call_kinds import CALLS, FUNCTION, OUTPUT_OF, OUTPUTS
from domain.conversation.call_names import legal_name
from domain.conversation.drawn_pictures import with_notes
from domain.conversation.fingerprint import normalised, text_of, visible_text
from domain.conversation.history_format import HistoryFormat
from domain.conversation.item_types import MESSAGE, REASONING
from domain.conversation.native_calls import call_in, output_of
from domain.conversation.output_parts import ToolOutput
from domain.conversation.placeholders import NOT_IN_HISTORY
from domain.conversation.record import TurnItem, TurnRecord
from domain.conversation.references import reasoning_reference, texts_of
from domain.conversation.server_items import Audience, is_native, is_server_item
from domain.conversation.stored_answers import StoredAnswer, visible_ids
from domain.conversation.tool_outputs import output_in
from ports.json_values import JsonObject

_UNBOUND = frozenset({"anthropic-claude-v1", "google-gemini-v1"})
_STATUSES = ("completed", "incomplete", "in_progress")


class Ids:
    """The ids that a request contains already."""

    def __init__(self, call_ids: Iterable[str] = ()) -> None:
        self.calls = CallIds(call_ids)
        self._items: set[str] = set()

    def take(self, item_id: object, prefix: str) -> bool:
        """Reserve an item's id and return True; False if the id is used already or upstream would reject it."""
        if not isinstance(item_id, str) or not item_id.startswith(prefix) or item_id in self._items:
            return False
        if len(item_id) > LONGEST:
            return False
        self._items.add(item_id)
        return True


def stored_items(
    record: TurnRecord,
    outputs: Mapping[str, ToolOutput],
    ids: Ids,
    *,
    thinking: bool,
    audience: Audience = Audience.ANY_MODEL,
) -> list[JsonObject]:
    """Return a turn as stored; `outputs`: those of calls the caller ran, by the caller's id.

    Without thinking the messages have no ids, because upstream may have tied the ids to the thinking; and items of a
    maker's own tools stay away from a turn that had some. `audience`: to whom items of server tools are sent.
    """
    thoughts = _thoughts(record, ids) if thinking else None
    thought = any(kept.item["type"] == REASONING for kept in record.items)
    items: list[JsonObject] = []
    visible = visible_ids(record)
    called: dict[str, JsonObject] = {}
    for position, kept in enumerate(record.items):
        item, kind = kept.item, kept.item["type"]
        if kind == REASONING and thoughts is not None:
            items.append(thoughts[position])
        elif kind == MESSAGE:
            items.append(_message(item, ids, with_id=thoughts is not None))
        elif kind in CALLS:
            call = _call(ids.calls.take(item["call_id"], kept.shown or item["call_id"]), item)
            called[item["call_id"]] = call
            items.append(call)
        elif kind in OUTPUTS and item["call_id"] in called:
            items.append(_output(called.pop(item["call_id"])["call_id"], item))
        elif is_server_item(item) and _is_heard(item, audience, bound=thought and thoughts is None):
            items += _unique(item, ids)
    items += (_answer(call, outputs.get(visible[name])) for name, call in called.items())
    return items


def as_read(answer: StoredAnswer) -> Iterator[TurnRecord]:
    """Iterate over the turns of an answer; cut the last text of an interrupted one to what the page received."""
    newest = next(reversed(answer.turns))
    for turn_id, record in answer.turns.items():
        if turn_id == newest and answer.read < len(answer.wanted):
            record = _up_to(record, answer.read - answer.before_last, answer.history_format)
        yield record


def _up_to(record: TurnRecord, length: int, history_format: HistoryFormat) -> TurnRecord:
    """Cut the last text to `length` characters of its normalised form."""
    last = max(position for position, kept in enumerate(record.items) if kept.item["type"] == MESSAGE)
    text = text_of(record.items[last : last + 1])
    short = {"type": MESSAGE, "role": "assistant", "content": _prefix(text, length, history_format)}
    return replace(record, items=(*record.items[:last], TurnItem(short)))


def _prefix(text: str, length: int, history_format: HistoryFormat) -> str:
    """Return the beginning of a text whose normalised form has `length` characters."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if len(normalised(text[:middle], history_format)) < length:
            low = middle + 1
        else:
            high = middle
    return text[:low]


def host_items(
    answer: StoredAnswer, messages: Sequence[object], outputs: Mapping[str, ToolOutput], ids: Ids
) -> list[JsonObject]:
    """Return the host's texts and calls, with arguments and full outputs from the store, without thinking.

    In a text that shows calls, the calls are inserted at the position of the first one.
    """
    stored, history_format = _stored_calls(answer.turns.values()), answer.history_format
    items: list[JsonObject] = []
    for message in messages[answer.start : answer.stop]:
        if not isinstance(message, Mapping) or message.get("role") != "assistant":
            continue
        calls = list(_host_calls(message.get("tool_calls"), stored))
        before, after = visible_text(message), ""
        if not calls and stored:
            before, block, after = _parted(before, history_format)
            calls = [(visible, *pair) for visible, pair in stored.items()] if block else []
        items += _said(before, history_format)
        answers: list[JsonObject] = []
        for visible, call, output in calls:
            chosen = ids.calls.take(call["call_id"], visible)
            under_its_id = _call(chosen, call)
            items.append(under_its_id)
            own = None if output is None else _output(chosen, output)
            answers.append(own or _answer(under_its_id, outputs.get(visible)))
        items += (*answers, *_said(after, history_format))
    return items


def distinct_calls(items: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """Replace repeated call ids, in calls and their outputs.

    Some models number their calls anew in every answer, and upstream rejects a repeated id. Each output follows its
    call and precedes the next call of the same id.
    """
    items = list(items)
    ids = CallIds(item["call_id"] for item in items if item["type"] in CALLS)
    given: set[str] = set()
    now: dict[str, str] = {}
    for item in items:
        kind, call_id = item["type"], item.get("call_id", "")
        if kind in CALLS:
            now[call_id] = ids.take(call_id) if call_id in given else call_id
            given.add(call_id)
        changed = kind in CALLS | OUTPUTS and now.get(call_id, call_id) != call_id
        yield {**item, "call_id": now[call_id]} if changed else item


def outputs_in(messages: Iterable[object]) -> dict[str, ToolOutput]:
    """Return the outputs in a history by call id; of several with one id, the first."""
    outputs: dict[str, ToolOutput] = {}
    for message in messages:
        if isinstance(message, Mapping) and message.get("role") == "tool":
            call_id = message.get("tool_call_id")
            if isinstance(call_id, str):
                outputs.setdefault(call_id, output_in(message.get("content")))
    return outputs


def _is_heard(item: JsonObject, audience: Audience, *, bound: bool) -> bool:
    """Return whether an item of a server tool is sent; not if it is `bound` to thinking that is not."""
    if is_native(item):
        return audience is Audience.SAME_MAKER and not bound
    return audience is not Audience.NOBODY


def _unique(item: JsonObject, ids: Ids) -> list[JsonObject]:
    """Return an item under an id that the request does not contain yet; nothing if it needs an id that it does."""
    if "id" not in item or ids.take(item["id"], ""):
        return [item]
    return [] if is_native(item) else [{key: value for key, value in item.items() if key != "id"}]


def _thoughts(record: TurnRecord, ids: Ids) -> dict[int, JsonObject] | None:
    """Return the turn's thinking by position; None if an id is used already and a seal is bound to it."""
    thoughts: dict[int, JsonObject] = {}
    for position, kept in enumerate(record.items):
        item = kept.item
        if item["type"] != REASONING:
            continue
        if not ids.take(item.get("id"), "rs"):
            new = reasoning_reference(record.turn_id, position)
            tied = item.get("id") and item.get("encrypted_content") and item.get("format") not in _UNBOUND
            if tied or not ids.take(new, "rs"):
                return None
            item = {**item, "id": new}
        thoughts[position] = item
    return thoughts


def _message(item: JsonObject, ids: Ids, *, with_id: bool) -> JsonObject:
    if (
        with_id
        and isinstance(item["content"], list)
        and item.get("status") in _STATUSES
        and ids.take(item["id"], "msg")
    ):
        return {**item, "content": [with_sound_annotations(part) for part in item["content"]]}
    text = item["content"] if isinstance(item["content"], str) else "\n\n".join(texts_of(item["content"]))
    phase = {"phase": item["phase"]} if item.get("phase") else {}
    return {"type": MESSAGE, "role": "assistant", **phase, "content": text}


def _call(call_id: str, item: JsonObject) -> JsonObject:
    if item["type"] != FUNCTION:
        return {**item, "call_id": call_id}
    name, arguments = legal_name(item["name"]), object_text(item["arguments"])
    space = {"namespace": item["namespace"]} if item.get("namespace") else {}
    return {"type": FUNCTION, "call_id": call_id, "name": name, "arguments": arguments, **space}


def _output(call_id: str, item: JsonObject) -> JsonObject:
    if item["type"] != OUTPUT_OF[FUNCTION]:
        return {**item, "call_id": call_id}
    return {"type": item["type"], "call_id": call_id, "output": item["output"]}


def _answer(call: JsonObject, output: ToolOutput | None) -> JsonObject:
    """Return the output of a call that its caller ran; None: the history has none."""
    return output_of(call, NOT_IN_HISTORY if output is None else output, completed=output is not None)


def _said(text: str, history_format: HistoryFormat) -> Iterator[JsonObject]:
    text = with_notes(history_format.words_of(text))
    if text.replace("\0", "").strip():
        yield {"type": MESSAGE, "role": "assistant", "content": text}


Pair = tuple[JsonObject, JsonObject | None]


def _stored_calls(records: Iterable[TurnRecord]) -> dict[str, Pair]:
    """Return calls and their outputs (None: the caller has the output) by the caller's id."""
    pairs: dict[str, Pair] = {}
    for record in records:
        visible = visible_ids(record)
        answers = {one.item["call_id"]: one.item for one in record.items if one.item["type"] in OUTPUTS}
        for kept in record.items:
            if kept.item["type"] in CALLS:
                pair = (kept.item, answers.get(kept.item["call_id"]))
                pairs.setdefault(visible[kept.item["call_id"]], pair)
    return pairs


def _host_calls(calls: object, stored: Mapping[str, Pair]) -> Iterator[tuple[str, JsonObject, JsonObject | None]]:
    for call in calls if isinstance(calls, list | tuple) else ():
        visible = call.get("id") if isinstance(call, Mapping) else None
        if not isinstance(visible, str) or not visible.strip():
            continue
        if visible in stored:
            yield (visible, *stored[visible])
            continue
        foreign = call_in(call, visible)
        if foreign is not None and foreign["type"] in CALLS:
            yield visible, foreign, None


def _parted(text: str, history_format: HistoryFormat) -> tuple[str, bool, str]:
    """Return the text before its first call, whether it shows one, and the text from there on."""
    position = history_format.first_call_in(text)
    return (text, False, "") if position is None else (text[:position], True, text[position:])
