"""Whatever stands in `tools` and `tool_choice`: nothing is raised, and upstream's own models take the rest."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.request.body import Prepared, build
from domain.request.tool_types import TOOL_TYPES
from domain.request.turn_request import Parameters, ServerTools, TurnRequest
from ports.responses import Route
from tests.oracle import sdk_judge

LEAVES = st.none() | st.booleans() | st.integers(-9, 10**6) | st.sampled_from([0.5, 1e300]) | st.text(max_size=8)
NAMES = st.sampled_from(["look", "sql", "no name!", "", "x" * 80])
KEYS = st.sampled_from(
    sorted(
        {"type", "name", "function", "custom", "namespace", "tools", "mode", "parameters", "format", "allowed_tools"}
        | {option for known in TOOL_TYPES.values() for option in known.options}
        | set(TOOL_TYPES)
    )
)
TYPES = st.sampled_from([*TOOL_TYPES, "allowed_tools", "auto", "tool", "openrouter:new"])
VALUES = st.recursive(
    LEAVES | NAMES | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=5),
    max_leaves=12,
)
ENTRIES = st.builds(
    lambda kind, name, rest: {**rest, "type": kind, "name": name},
    TYPES,
    NAMES,
    st.dictionaries(KEYS, VALUES, max_size=6),
)


def as_sent(value: Any) -> Any:
    return json.loads(json.dumps(value))


@given(
    tools=st.lists(ENTRIES | st.dictionaries(KEYS, VALUES, max_size=4), max_size=5),
    choice=st.none() | st.text(max_size=9) | ENTRIES | st.dictionaries(KEYS, VALUES, max_size=4),
    listed=st.lists(VALUES | TYPES, max_size=4),
)
def test_random_tools_and_choices_leave_a_request_that_upstream_takes(
    tools: list[dict[str, Any]], choice: Any, listed: list[Any]
) -> None:
    request = TurnRequest(
        "a/b",
        ({"role": "user", "content": "Why?"},),
        Route("https://a.example", "key"),
        parameters=Parameters(tools=tuple(tools), tool_choice=choice),
        server_tools=ServerTools(tuple(listed)),
    )
    sent = build(request, "a/b", None)
    assert isinstance(sent, Prepared)
    body = sent.request.body
    said: dict[str, Any] = {"model": "m", "input": "x", "tools": [dict(tool) for tool in body.tools]}
    said |= {"tool_choice": body.tool_choice} if body.tool_choice is not None else {}
    assert sdk_judge.judge(as_sent(said), None) == []
