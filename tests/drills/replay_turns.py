"""Random turns: rounds of reasoning, text and calls, finished, stopped or failed, and the data stored for them."""

from dataclasses import dataclass
from random import Random
from typing import Any

from domain.conversation.record import TurnItem, TurnRecord
from domain.conversation.references import call_reference
from domain.turn.answer import Answer
from domain.turn.citations import Citations
from domain.turn.retained_items import retained_items
from ports.toolbox import ToolCall
from tests.domain.conversation.host_shapes import Message, api_messages, legacy_text, native_messages
from tests.drills.replay_models import answers_as, calls_tools, thinks, thought

STOPPED = "Not completed: the turn was stopped."
WORDS = (
    "It is there.",
    "Let me look.",
    "Done: **three** things.\n\n- a\n- b",
    "Naïve café — 答え",
    "a `]: #` b",
    "Yes.",
)


TOOL = "look"
NAMES = (
    *("functions.look", "look<|channel|>commentary", " look\n", "look</function", "default_api.look"),
    *("other.tool/x y", "n" * 93, "<|constrain|>", "名前", 'x" string="true'),
)
IDS = ("functions.look:0", "functions.look:0", "call_0", "", " ", "c" * 80, "é" * 30, "a.b|c", "abcdefgh1")
ARGUMENTS = (
    "{'q': 'x'}",
    '{"q": NaN}',
    '{"q": "C:\\apps"}',
    "no json",
    "",
    "null",
    '"{\\"q\\": 1}"',
    '```json\n{"q": 1}\n```',
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn: its record, its end (`done`, `thinking`, `text`, `tool`, `failed`, `handed`), the host's messages."""

    record: TurnRecord
    end: str
    messages: list[Message]

    @property
    def returned_whole(self) -> bool:
        """Return whether the host returns the whole text of the turn, so that it can be sent back unchanged."""
        return self.end in ("done", "handed")


def play(host: str, slug: str, turn_id: str, rng: Random) -> Turn:
    """Play one turn of a model in a host."""
    end = rng.choices(
        ["done", "thinking", "text", "tool", "failed", "handed"], [12, 1, 1, 1, 1, 4 if host == "api" else 0]
    )[0]
    if end in ("tool", "handed") and not calls_tools(slug):
        end = "done"
    rounds = rng.choice([0, 0, 1, 1, 2]) if calls_tools(slug) else 0
    items: list[TurnItem] = []
    if end != "failed":
        for _ in range(rounds):
            items += _round(slug, turn_id, items, rng, open_calls="")
        items += _last(slug, turn_id, items, rng, end)
    cut = end not in ("done", "handed")
    record = TurnRecord(turn_id, slug, answers_as(slug), tuple(items), cut=cut)
    return Turn(record, end, _returned(host, record, end, rng))


def _round(slug: str, turn_id: str, items: list[TurnItem], rng: Random, open_calls: str) -> list[TurnItem]:
    first = len(items)
    taken = frozenset(str(one.item["call_id"]) for one in items if one.item["type"] == "function_call")
    answer = Answer(first, Citations(), taken, frozenset({TOOL}))
    index = _opening(answer, slug, rng)
    for _ in range(rng.choice([1, 1, 2, 3])):
        place = first + index
        item = {
            "type": "function_call",
            "call_id": rng.choice([f"call_{place}", f"functions.look:{place}", f"toolu_{rng.getrandbits(40):x}", *IDS]),
            "name": rng.choice([TOOL, TOOL, *NAMES]),
            "arguments": rng.choice(["{}", '{"q": "x é"}', *ARGUMENTS]),
        }
        answer.finish_item(index, {**item, "id": f"fc_{rng.getrandbits(40):x}"}, 0.0)
        index += 1
    if open_calls == "handed":
        return _numbered(retained_items(answer), turn_id, first)
    outputs = [(call, _output(call, rng, stopped=open_calls == "tool")) for call in answer.calls()]
    return _numbered(retained_items(answer, outputs), turn_id, first)


def _output(call: ToolCall, rng: Random, *, stopped: bool) -> dict[str, Any]:
    text = (
        STOPPED if stopped else rng.choice(["found", '{"a": 1}', 'x & <y> "z"\'$1' * 3, f"long {rng.random()} " * 400])
    )
    return {"type": "function_call_output", "call_id": call.call_id, "output": text}


def _last(slug: str, turn_id: str, items: list[TurnItem], rng: Random, end: str) -> list[TurnItem]:
    if end in ("tool", "handed"):
        return _round(slug, turn_id, items, rng, open_calls=end)
    first = len(items)
    answer = Answer(first, Citations())
    index = _opening(answer, slug, rng, always=end == "thinking")
    if end == "thinking":
        answer.begin(index, {"type": "reasoning", "id": "rs_open"}, 0.0)
        answer.think(index, "rs_open", 0, "And then", raw=False, now=0.0)
    elif end == "text":
        answer.begin(index, {"type": "message", "id": "msg_open"}, 0.0)
        answer.say(index, "msg_open", 0, rng.choice(WORDS) * 3, 0.0)
    else:
        answer.finish_item(index, _message(rng), 0.0)
    return _numbered(retained_items(answer, whole=end == "done"), turn_id, first)


def _opening(answer: Answer, slug: str, rng: Random, *, always: bool = False) -> int:
    index = 0
    if thinks(slug) and rng.random() < 0.9:
        for _ in range(rng.choice([1, 1, 2])):
            answer.finish_item(index, thought(slug, rng), 0.0)
            index += 1
    if always or rng.random() < 0.3:
        answer.finish_item(index, _message(rng), 0.0)
        index += 1
    return index


def _message(rng: Random) -> dict[str, Any]:
    text = f"{rng.choice(WORDS)} {rng.randrange(40)}"
    item: dict[str, Any] = {"type": "message", "role": "assistant", "status": "completed"}
    if rng.random() < 0.8:
        item["id"] = f"msg_{rng.getrandbits(64):016x}"
    return {**item, "content": [{"type": "output_text", "text": text, "annotations": []}]}


def _numbered(kept: Any, turn_id: str, first: int) -> list[TurnItem]:
    answered = {one.item["call_id"] for one in kept if one.item["type"] == "function_call_output"}
    shown = {
        one.item["call_id"]: call_reference(turn_id, first + place)
        for place, one in enumerate(kept)
        if one.item["type"] == "function_call" and one.item["call_id"] in answered
    }
    return [TurnItem(one.item, shown.get(one.item.get("call_id", ""), "")) for one in kept]


# --- what the host stores --------------------------------------------------------------------------------------


def _returned(host: str, record: TurnRecord, end: str, rng: Random) -> list[Message]:
    if not record.items:
        return [] if host == "0.12.4" else [{"role": "assistant", "content": ""}]
    if host == "api":
        return api_messages(record.items)
    if end == "tool" and host == "0.10.2":
        return [{"role": "assistant", "content": ""}]
    open_ids = {one.shown for one in record.items if end == "tool" and one.item.get("output") == STOPPED}
    if host == "0.6.28":
        done = [one for one in record.items if one.shown not in open_ids or not one.shown]
        messages: list[dict[str, Any]] = [{"role": "assistant", "content": "\n" + legacy_text(record.turn_id, done)}]
    else:
        messages = [one for one in native_messages(host, record) if one.get("tool_call_id") not in open_ids]
        if host == "0.12.4":
            for message in messages:
                calls = [call for call in message.get("tool_calls", ()) if call["id"] not in open_ids]
                message.pop("tool_calls", None)
                message |= {"tool_calls": calls} if calls else {}
    if end == "text" and rng.random() < 0.5:
        text = messages[-1]["content"]
        messages[-1]["content"] = text[: len(text) - rng.randrange(12)]
    return messages
