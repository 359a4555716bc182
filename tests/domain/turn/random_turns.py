"""Random events for a turn, in any order, with any payload.

Events are drawn from a large pool that is built once: drawing each payload anew would take most of the tests' time.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from random import Random
from typing import Any

from hypothesis import strategies as st

from domain.faults.retry import RetryPolicy
from domain.tools.plan import CallLimits
from domain.turn.events import AttemptFailed, Begun, CallFinished, Cancelled, Crashed, TimerFired, TurnEvent
from domain.turn.plan import Alternatives, TurnPlan
from ports.json_values import JsonObject
from ports.response_events import (
    AnnotationAdded,
    ArgumentsDelta,
    ArgumentsDone,
    Channel,
    EventIgnored,
    ItemAdded,
    ItemDone,
    ItemProgress,
    ItemTextDelta,
    ItemTextDone,
    ProblemReported,
    ReasoningDelta,
    ReasoningDone,
    RefusalDelta,
    RefusalDone,
    ResponseEnded,
    ResponseStarted,
    ResponseStatus,
    StreamClosed,
    TextDelta,
    TextDone,
    UpstreamEvent,
    UpstreamProblem,
)
from ports.responses import (
    EventTooLarge,
    InvalidRoute,
    Reach,
    Refused,
    ResponsesBody,
    ResponsesError,
    TimedOut,
    Unreachable,
    Unreadable,
    UpstreamRequest,
)
from ports.toolbox import ToolResult
from ports.usage import Usage

INDEXES, IDS, PARTS = (0, 1), ("", "a", "b"), (0, 1)
TEXTS = ("", " ", "x", "xy", "[REDACTED]", "{}")
JUNK: tuple[Any, ...] = (None, 0, 1.5, True, "", "x", [], {}, [None], ["x"], {"text": 1}, {"url": "https://a.example/"})
KINDS = (
    *("message", "reasoning", "function_call", "function_call", "image_generation_call", "web_search_call", "", None),
    *("openrouter:web_search", "code_interpreter_call", "openrouter:fusion", "openrouter:armor_blocked"),
    *("custom_tool_call", "shell_call", "openrouter:from_the_future", "dream"),
)
STAGES = (
    *(("web_search_call", "searching"), ("image_generation_call", "partial_image"), ("mcp_call", "failed")),
    *(("fusion_call", f"panel.{stage}") for stage in ("added", "delta", "completed", "failed")),
    ("fusion_call", "analysis.completed"),
)
CALL_IDS = ("c1", "c2", "c3")
STATUSES = (None, 400, 401, 402, 403, 408, 429, 499, 500, 502, 503, 504, 524, 777)
_dice = Random(20260301)


def _one(values: Iterable[object]) -> object:
    """Pick one of `values`, or sometimes a value that does not belong there."""
    return _dice.choice(JUNK) if _dice.random() < 0.2 else _dice.choice(tuple(values))


def _parts() -> list[JsonObject]:
    kinds = ("output_text", "refusal", "summary_text")
    return [
        {"type": _one(kinds), "text": _one(TEXTS), "refusal": _one(TEXTS), "annotations": [_dice.choice(JUNK)]}
        for _ in range(_dice.randint(0, 2))
    ]


def _item() -> JsonObject:
    fields: dict[str, Callable[[], object]] = {
        "id": lambda: _one(IDS),
        "call_id": lambda: _one(CALL_IDS),
        "name": lambda: _one(("look", "send", "other")),
        "arguments": lambda: _one(TEXTS),
        "content": lambda: _one((_parts(),)),
        "summary": lambda: _one((_parts(),)),
        "result": lambda: _one(TEXTS),
        "status": lambda: _one(("in_progress", "completed", "failed", "searching")),
        "error": lambda: _one(TEXTS),
        "code": lambda: _one(TEXTS),
        "action": lambda: {"type": "search", "query": _one(TEXTS)},
        "outputs": lambda: [_dice.choice(JUNK), {"type": "image", "url": "https://a.example/p.png"}],
        "responses": lambda: [_dice.choice(JUNK)],
        "operation": lambda: _one(({"diff": "x"},)),
    }
    kept = {name: value() for name, value in fields.items() if _dice.random() < 0.8}
    return {"type": _dice.choice(KINDS), **kept}


def _problem() -> UpstreamProblem:
    return UpstreamProblem(
        status=_dice.choice(STATUSES),
        kind=_dice.choice(("", "server_error", "rate_limit_exceeded", "timeout", "authentication", "1261")),
        text=_dice.choice(TEXTS),
        limit_source=_dice.choice(("", "", "openrouter_in_flight_budget", "openrouter_free_tier_daily")),
        retry_after=_dice.choice((None, None, 0.0, 3.0, 1e9, float("inf"), float("nan"), -1.0)),
        retryable=_dice.choice((None, None, True, False)),
    )


def _ended() -> ResponseEnded:
    return ResponseEnded(
        status=_dice.choice(tuple(ResponseStatus)),
        response_id=_dice.choice(IDS),
        model=_dice.choice(IDS),
        items=tuple(_item() for _ in range(_dice.randint(0, 3))),
        usage=_dice.choice((None, Usage(input_tokens=1, output_tokens=2))),
        reason=_dice.choice(("", "max_output_tokens", "content_filter")),
        problem=_dice.choice((None, _problem())),
    )


def _errors() -> list[ResponsesError]:
    errors: list[ResponsesError] = [InvalidRoute("x"), EventTooLarge(9), Unreadable("x")]
    errors += [Unreachable("reset", reach=reach) for reach in Reach]
    errors += [TimedOut("read", 3.0, reach=reach) for reach in Reach]
    return errors + [Refused(_problem()) for _ in range(10)]


PLACES = tuple(product(INDEXES, IDS, PARTS, ("", " ", "x", "[REDACTED]")))
DELTAS: list[TurnEvent] = [
    *(kind(*place) for kind in (TextDelta, TextDone, RefusalDelta, RefusalDone) for place in PLACES),
    *(kind(*place, raw) for kind in (ReasoningDelta, ReasoningDone) for place in PLACES for raw in (False, True)),
    *(kind(*place) for kind in (ArgumentsDelta, ArgumentsDone) for place in product(INDEXES, IDS, TEXTS)),
]
ITEMS: list[UpstreamEvent] = [
    kind(index, _item()) for kind in (ItemAdded, ItemDone, ItemDone) for index in INDEXES for _ in range(40)
]
OTHERS: list[TurnEvent] = [
    *(ResponseStarted(*names) for names in product(IDS, IDS)),
    *(AnnotationAdded(0, "a", 0, {"url": one, "url_citation": other}) for one, other in product(JUNK, JUNK)),
    EventIgnored("x"),
    EventIgnored("x", 3),
    EventIgnored("y", unknown=True),
    *(
        ItemProgress(index, item_id, kind, stage, {"model": one, "content": one, "analysis": one})
        for index, item_id, (kind, stage), one in product(INDEXES, IDS, STAGES, JUNK)
    ),
    *(
        text_event(index, item_id, channel, text)
        for text_event in (ItemTextDelta, ItemTextDone)
        for index, item_id, channel, text in product(INDEXES, IDS, Channel, TEXTS)
    ),
]
PROBLEMS: list[UpstreamEvent] = [ProblemReported(_problem()) for _ in range(40)]
ENDINGS: list[UpstreamEvent] = [_ended() for _ in range(120)]
CLOSES: list[TurnEvent] = [
    StreamClosed(said_done=bool(rest), rest=rest, unfinished=tuple(_dice.sample([*ITEMS, *ENDINGS, *PROBLEMS], count)))
    for rest, count in product((b"", b"data: {"), (0, 0, 0, 1, 1, 2))
]
REFUSALS = [
    UpstreamProblem(400, "invalid_request", "temperature is not supported by this model"),
    UpstreamProblem(400, "invalid_request", "reasoning is not supported, use low"),
    UpstreamProblem(400, "model_not_found", "m is not a valid model ID"),
    UpstreamProblem(404, "not_found", "no endpoints found"),
]
REPORTED: list[TurnEvent] = [
    *(AttemptFailed(Refused(problem)) for problem in REFUSALS),
    *(ProblemReported(problem) for problem in REFUSALS),
    *(AttemptFailed(error) for error in _errors()),
    *(CallFinished(call_id, ToolResult(text)) for call_id in (*CALL_IDS, "x") for text in TEXTS),
    *(TimerFired(name) for name in ("waiting", "idle", "call:c1", "call:c2", "call:x", "other")),
]
LAST: list[TurnEvent] = [Begun(), Cancelled(), Crashed("defect")]
POOLS: tuple[Sequence[TurnEvent], ...] = (DELTAS, ITEMS, ENDINGS, OTHERS, PROBLEMS, CLOSES, REPORTED, LAST)
EVENTS: st.SearchStrategy[TurnEvent] = st.one_of(*map(st.sampled_from, (*POOLS, ITEMS, REPORTED)))
WAITS = st.sampled_from([0.0, 0.3, 5.0, 700.0])
Batches = list[tuple[list[TurnEvent], float]]


def _round(*call_ids: str) -> Batches:
    """A round of the tool `look`, in which every call but the last two has its result."""
    asked = [ItemDone(index, _call(call_id)) for index, call_id in enumerate(call_ids)]
    completed = ResponseEnded(ResponseStatus.COMPLETED, "gen", "maker/model")
    results: list[TurnEvent] = [CallFinished(call_id, ToolResult("found")) for call_id in call_ids[:-2]]
    return [([*asked, completed], 0.0), (results, 0.0)]


def _call(call_id: str) -> JsonObject:
    return {"type": "function_call", "id": f"f{call_id}", "call_id": call_id, "name": "look", "arguments": "{}"}


FINISHED: Batches = [([CallFinished(call_id, ToolResult("found")) for call_id in CALL_IDS], 0.0)]
BEGUN: Batches = [([Begun()], 0.0)]
REFUSED: Batches = [([AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT))], 0.0)]
STATES: dict[str, Batches] = {
    "new": [],
    "calling": BEGUN,
    "calling again": [*BEGUN, *REFUSED],
    "thinking": [*BEGUN, ([ReasoningDelta(0, "a", 0, "x", raw=False)], 0.0)],
    "writing": [*BEGUN, ([TextDelta(0, "b", 0, "x")], 0.0)],
    "calls begun": [*BEGUN, ([ItemAdded(0, _call("c1")), ArgumentsDelta(0, "fc1", "{")], 0.0)],
    "tools": [*BEGUN, *_round("c1", "c2", "c3")],
    "next round": [*BEGUN, *_round("c1", "c2"), *FINISHED],
    "tools again": [*BEGUN, *_round("c1"), *FINISHED, *_round("c1", "c2")],
    "closing": [*BEGUN, *(batch for _ in range(3) for batch in (*_round("c1"), *FINISHED))],
}
BATCHES = st.builds(
    lambda state, more: [*state, *more],
    st.sampled_from(list(STATES.values())),
    st.lists(st.tuples(st.lists(EVENTS, max_size=4), WAITS), max_size=5),
)
FALLBACK = Alternatives(fallback=lambda: UpstreamRequest(ResponsesBody("other", ())))
PLANS = st.sampled_from(
    [
        TurnPlan(
            UpstreamRequest(ResponsesBody("m", (), temperature=0.5, reasoning={"effort": "high"})),
            retry=retry,
            runnable=frozenset(names),
            call_limits=limits,
            max_rounds=rounds,
            alternatives=destination,
        )
        for retry, names, limits, rounds, destination in product(
            (RetryPolicy(), RetryPolicy(uncertain_allowed=True)),
            ((), ("look", "send"), ("look", "send")),
            (CallLimits(parallel=1), CallLimits(parallel=2, queue=2)),
            (0, 2),
            (Alternatives(), FALLBACK),
        )
    ]
)
