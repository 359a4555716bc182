"""Frames of every event type of the official SDK, with arbitrary places, ids and items, and some values of wrong types.

Frames are drawn from a large pool that is built once. Stories are frames about one item that fit each other; in any
order, they must show it once.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import strategies as st
from openrouter.components.outputitems import _OUTPUT_ITEMS_VARIANTS
from openrouter.components.streamevents import _STREAM_EVENTS_VARIANTS

from adapters.openrouter.responses.event_types import READ, UNUSED
from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.translator import Translator
from domain.turn.events import Begun, CallFinished, TurnEvent
from domain.turn.machine import TurnMachine
from domain.turn.plan import TurnPlan
from domain.turn.server_tools import Progress
from domain.turn.steps import Ended, Finish, ShowImage, ShowReasoning, ShowServerTool, ShowText, StartCall, Step
from ports.response_events import StreamClosed
from ports.responses import ResponsesBody, UpstreamRequest
from ports.toolbox import ToolResult

Frame = dict[str, Any]
NOW = datetime(2026, 8, 1, tzinfo=UTC)
PLAN = TurnPlan(UpstreamRequest(ResponsesBody("m", ())), runnable=frozenset({"look"}), max_rounds=2)
KINDS = sorted({*_STREAM_EVENTS_VARIANTS, *READ, *UNUSED})
ITEM_KINDS = (
    *_OUTPUT_ITEMS_VARIANTS,
    "mcp_call",
    "mcp_list_tools",
    "openrouter:from_the_future",
    "dream",
    "",
    "refused",
)
JUNK: tuple[Any, ...] = (
    None,
    0,
    -1,
    1.5,
    True,
    "",
    "x",
    [],
    {},
    [None],
    ["x"],
    {"type": 1},
    [[]],
    {"text": ["x"]},
    10**30,
)
WRONG = 0.1
SIZE = 4000
_dice = Random(20260801)
_TOKENS = iter(range(10**9))


def token() -> str:
    """A text that nothing else contains."""
    return f"<{next(_TOKENS)}>"


def _value(name: str) -> Any:
    """A value for a field, most often of the right type."""
    if _dice.random() < WRONG:
        return _dice.choice(JUNK)
    if name == "output_index":
        return _dice.choice((0, 0, 1, 2))
    if name in ("item_id", "id", "call_id"):
        return _dice.choice(("a", "a", "b", "c", ""))
    if name in ("content_index", "summary_index", "annotation_index", "partial_image_index", "sequence_number"):
        return _dice.choice((0, 0, 1))
    if name == "status":
        return _dice.choice(
            ("in_progress", "completed", "completed", "incomplete", "failed", "searching", "generating")
        )
    if name == "item":
        return _item()
    if name == "response":
        return _response()
    return _OTHERS[name]() if name in _OTHERS else token()


_OTHERS = {
    "name": lambda: _dice.choice(("look", "send")),
    "arguments": lambda: _dice.choice(("{}", '{"q": 1}', "{", "")),
    "content": lambda: [
        {"type": _dice.choice(("output_text", "refusal", "reasoning_text")), "text": token(), "refusal": token()}
    ],
    "summary": lambda: [{"type": "summary_text", "text": token()}],
    "action": lambda: {"type": "search", "query": token(), "sources": [{"type": "url", "url": "https://a.example/"}]},
    "operation": lambda: {"type": "update_file", "path": "p", "diff": token()},
    "outputs": lambda: [{"type": "image", "url": "https://a.example/p.png"}, {"type": "logs", "logs": token()}],
    "output": lambda: [{"stdout": token(), "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
    "part": lambda: {"type": "output_text", "text": token()},
    "annotation": lambda: {"type": "url_citation", "url": f"https://a.example/{_dice.randint(0, 9)}", "title": "t"},
    "analysis": lambda: {"consensus": [token()], "blind_spots": [None]},
    "responses": lambda: [{"model": "m", "content": token()}],
    "model": lambda: _dice.choice(("m", "n")),
    "result": lambda: _dice.choice(("iVBO", "https://a.example/r.png", "")),
    "phase": lambda: _dice.choice(("commentary", "final_answer")),
    "error": lambda: {"code": "server_error", "message": "broke"},
    "usage": lambda: {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "cost": 0.1},
    "incomplete_details": lambda: {"reason": _dice.choice(("max_output_tokens", "content_filter"))},
}


def _fields(model: Any) -> list[str]:
    named = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in named.items() if (field.alias or name) != "type"]


def _item() -> Any:
    kind = _dice.choice(ITEM_KINDS)
    names = _fields(_OUTPUT_ITEMS_VARIANTS.get(kind)) or ["id", "status", "insight"]
    kept = {name: _value(name) for name in names if _dice.random() < 0.8}
    return {"type": kind if _dice.random() > WRONG / 3 else _dice.choice(JUNK), **kept}


def _response() -> Any:
    names = ("id", "model", "status", "usage", "error", "incomplete_details")
    kept = {name: _value(name) for name in names if _dice.random() < 0.4}
    return {**kept, "output": [_item() for _ in range(_dice.randint(0, 3))]}


def _frame() -> Frame:
    kind = _dice.choice(KINDS)
    names = _fields(_STREAM_EVENTS_VARIANTS.get(kind)) or ["output_index", "item_id", "delta", "response"]
    return {"type": kind, **{name: _value(name) for name in names if _dice.random() < 0.9}}


POOL = [_frame() for _ in range(SIZE)]
"""Every type is in it many times."""


def story(index: int, kind: str, item_id: str, named: str) -> list[Frame]:
    """The frames about one item: what it says comes in pieces, as a whole, in the item, and in the terminal event.

    `named` is the id by which events name the item `item_id`.
    """
    place = {"output_index": index, "item_id": named}
    added: Frame = {"type": kind, "id": item_id, "status": "in_progress"}
    one, two = token(), token()
    item: Frame = {**added, "status": "completed"}
    between: list[Frame] = []
    if kind == "message":
        item |= {"role": "assistant", "content": [{"type": "output_text", "text": one + two}]}
        at = {**place, "content_index": 0}
        between = [{"type": "response.output_text.delta", **at, "delta": said} for said in (one, two)]
        between.append({"type": "response.output_text.done", **at, "text": one + two})
    elif kind == "reasoning":
        item |= {"summary": [{"type": "summary_text", "text": one + two}]}
        at = {**place, "summary_index": 0}
        between = [{"type": "response.reasoning_summary_text.delta", **at, "delta": said} for said in (one, two)]
        between.append({"type": "response.reasoning_summary_text.done", **at, "text": one + two})
    elif kind == "web_search_call":
        item["action"] = {"type": "search", "query": one}
        between = [{"type": f"response.web_search_call.{stage}", **place} for stage in ("in_progress", "searching")]
    elif kind == "code_interpreter_call":
        item |= {"code": one, "outputs": [{"type": "image", "url": f"https://a.example/{index}.png"}]}
        between = [
            {"type": "response.code_interpreter_call_code.delta", **place, "delta": one},
            {"type": "response.code_interpreter_call_code.done", **place, "code": one},
            {"type": "response.code_interpreter_call.completed", **place},
        ]
    elif kind == "image_generation_call":
        item |= {"result": f"https://a.example/{index}.png"}
        between = [{"type": "response.image_generation_call.partial_image", **place, "partial_image_b64": "iVBO"}]
    elif kind == "openrouter:fusion":
        item |= {"responses": [{"model": "m", "content": one}]}
        stages = ("panel.added", "panel.delta", "panel.completed", "panel.failed", "analysis.completed")
        between = [{"type": f"response.fusion_call.{stage}", **place, "model": "m", "content": one} for stage in stages]
    return [
        {"type": "response.output_item.added", "output_index": index, "item": added},
        *between,
        {"type": "response.output_item.done", "output_index": index, "item": item},
        {"type": "response.output_item.done", "output_index": index, "item": {**item, "status": "failed"}},
    ]


STORIES = (
    *("message", "reasoning", "web_search_call", "code_interpreter_call", "image_generation_call"),
    *("openrouter:fusion", "openrouter:web_search", "openrouter:from_the_future"),
)
TERMINAL = [
    frame for frame in POOL if frame["type"] in ("response.completed", "response.incomplete", "response.failed")
]
ANY_STREAM = st.lists(st.sampled_from(POOL), max_size=30, unique_by=id)


@st.composite
def told_streams(draw: st.DrawFn) -> list[Frame]:
    """Frames of a few stories in any order, and the terminal event with all of their items."""
    kinds = draw(st.lists(st.sampled_from(STORIES), min_size=1, max_size=4))
    told = []
    for index, kind in enumerate(kinds):
        item_id = named = f"id_{index}"
        if kind not in ("message", "reasoning"):  # of these, only their ids tell a late piece from a new one
            item_id, named = draw(st.sampled_from((item_id, ""))), draw(st.sampled_from((named, "", "other")))
        told.append(story(index, kind, item_id, named))
    frames = draw(st.permutations([frame for frames in told for frame in frames]))
    kept = frames[: draw(st.integers(0, len(frames)))]
    output = [frames[-2]["item"] for frames in told]
    return [*kept, {"type": "response.completed", "response": {"status": "completed", "output": output}}]


def events_of(frames: Sequence[Frame], reads: int) -> Iterator[list[TurnEvent]]:
    """The events of frames that arrive in reads of so many, as the adapter reads them, and of the connection's end."""
    translator = Translator(ResponsesVocabulary(lambda: NOW))
    for start in range(0, len(frames), reads):
        yield [*translator.translate([json.dumps(frame).encode() for frame in frames[start : start + reads]])]
    yield [*translator.finish(), StreamClosed(said_done=True)]


def played(frames: Sequence[Frame], reads: int = 3) -> list[Step]:
    """The steps of a turn that is answered by these frames; every tool it runs ends, every later round is empty."""
    machine = TurnMachine(PLAN)
    steps = machine.feed(Begun(), 0.0)
    for events in events_of(frames, reads):
        steps += machine.feed_all(events, 1.0)
    for _ in range(30):
        if machine.ended:
            break
        running = [step.call.call_id for step in steps if isinstance(step, StartCall)]
        more: list[TurnEvent] = [StreamClosed(said_done=True), *(CallFinished(one, ToolResult("")) for one in running)]
        steps += machine.feed_all(more, 2.0)
    return steps


def complaints(steps: Sequence[Step]) -> list[str]:
    """What is wrong with a turn: not exactly one end, or something that is shown twice."""
    wrong = [] if sum(isinstance(step, Finish) for step in steps) == 1 else ["not one end"]
    wrong += [] if sum(isinstance(step, Ended) for step in steps) == 1 else ["the end is not shown once"]
    shown = "".join(step.text for step in steps if isinstance(step, ShowText | ShowReasoning))
    wrong += [f"text {piece} twice" for piece, count in Counter(_tokens(shown)).items() if count > 1]
    pictures = Counter((step.segment, step.url) for step in steps if isinstance(step, ShowImage))
    wrong += [f"picture {picture} twice" for picture, count in pictures.items() if count > 1]
    ended, last = set[int](), dict[int, object]()
    for step in steps:
        if isinstance(step, ShowServerTool):
            wrong += [f"a use of {step.report.tool} goes on after its end"] if step.segment in ended else []
            wrong += [f"a report of {step.report.tool} twice"] if last.get(step.segment) == step.report else []
            last[step.segment] = step.report
            if step.report.progress is not Progress.RUNNING:
                ended.add(step.segment)
    return wrong


def repeated_uses(steps: Sequence[Step], most: int) -> list[str]:
    """Whether more uses of server tools, or pictures, were shown than items were told of."""
    segments = {step.segment for step in steps if isinstance(step, ShowServerTool | ShowImage)}
    pictures = Counter(step.url for step in steps if isinstance(step, ShowImage))
    wrong = [f"{len(segments)} uses of {most} items"] if len(segments) > most else []
    return wrong + [f"picture {url} twice" for url, count in pictures.items() if count > 1]


def _tokens(text: str) -> Iterator[str]:
    yield from (piece for piece in text.replace(">", ">\0").split("\0") if piece.startswith("<"))
