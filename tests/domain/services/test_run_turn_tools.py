"""Tools of a turn: run in parallel, limited in number and time, failures reported to the model."""

from dataclasses import replace

import pytest

from domain.request.turn_request import Parameters, Tooling
from domain.turn.steps import Output, ShowCall, ShowCallResult
from ports.offload import LARGE
from ports.response_events import UpstreamEvent
from ports.toolbox import ToolSpec
from tests.domain.services.stage import REQUEST, Stage, end_of, said, text_of
from tests.domain.turn.talk import call, completed, done
from tests.doubles.clock import until
from tests.doubles.toolbox import ScriptedToolbox


def asked(*call_ids: str, name: str = "look") -> list[list[UpstreamEvent]]:
    """The model requests calls of one tool."""
    return [[*done(*(call(call_id, name) for call_id in call_ids)), completed()]]


def sent_back(stage: Stage) -> list[str]:
    """The outputs in the last upstream request."""
    return [
        item["output"]
        for item in stage.responses.calls[-1].request.body.input
        if item["type"] == "function_call_output"
    ]


async def test_a_tool_runs_and_its_output_goes_back():
    stage, toolbox = Stage(asked("a"), said("Found it")), ScriptedToolbox({"look": "found"})
    outputs = await stage.read(toolbox=toolbox)
    assert (toolbox.started, sent_back(stage), text_of(outputs)) == (["a"], ["found"], "Found it")


async def test_a_tool_is_shown_when_it_starts_and_when_it_is_done():
    stage = Stage(asked("a"), said("Found it"))
    outputs = await stage.read(toolbox=ScriptedToolbox({"look": "found"}))
    assert [type(output) for output in outputs[:2]] == [ShowCall, ShowCallResult]


async def test_the_tools_on_offer_are_sent_to_upstream():
    stage = Stage(said("a"))
    await stage.read(toolbox=ScriptedToolbox({"look": "found"}))
    assert [tool["name"] for tool in stage.responses.calls[0].request.body.tools] == ["look"]


async def test_a_few_tools_run_at_once_and_all_of_them_run():
    names = [f"call_{number}" for number in range(12)]
    stage, toolbox = Stage(asked(*names), said("Found")), ScriptedToolbox({"look": "found"})
    await stage.read(toolbox=toolbox)
    assert (toolbox.started, toolbox.most, len(sent_back(stage))) == (names, 5, 12)


async def test_an_unexpected_error_of_a_tool_is_a_failed_result():
    stage = Stage(asked("a"), said("Sorry"))
    await stage.read(toolbox=ScriptedToolbox({"look": ValueError("secret")}))
    assert sent_back(stage) == ["Error: the tool failed."]


async def test_a_tool_that_never_ends_is_cancelled_at_its_time_limit():
    stage, toolbox, outputs = Stage(asked("a"), said("Sorry")), ScriptedToolbox({"look": None}), list[Output]()
    reader = stage.reading(outputs, replace(REQUEST, tooling=Tooling(seconds=7.0)), toolbox=toolbox)
    await until(lambda: 7.0 in stage.clock.moments)
    stage.clock.advance(7.0)
    await until(reader.done)
    await stage.run_turn.drained()
    assert (toolbox.stopped, sent_back(stage)) == (["a"], ["Error: the tool did not finish within 7 s."])


async def test_rounds_end_at_the_limit_of_the_request():
    stage = Stage(asked("a"), asked("b"), said("As far as I know"))
    toolbox = ScriptedToolbox({"look": "found"})
    outputs = await stage.read(replace(REQUEST, tooling=Tooling(max_rounds=1)), toolbox=toolbox)
    assert (toolbox.started, stage.responses.calls[-1].request.body.tool_choice) == (["a"], "none")
    assert end_of(outputs).rounds == 2


async def test_the_connection_is_closed_while_tools_run():
    stage, toolbox, outputs = Stage(asked("a"), said("Found")), ScriptedToolbox({"look": None}), list[Output]()
    reader = stage.reading(outputs, toolbox=toolbox)
    await until(lambda: toolbox.running)
    await until(lambda: stage.responses.open == 0)
    await stage.stop(reader)


@pytest.mark.parametrize(
    ("schema", "in_place"),
    [
        ({"type": "object", "properties": {}}, True),
        ({"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(5_000)}}, False),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string"}}}, False),
    ],
    ids=["small", "large", "with references"],
)
async def test_arguments_are_checked_on_the_loop_only_by_schemas_whose_cost_is_known_and_small(schema, in_place):
    class Toolbox(ScriptedToolbox):
        def tools(self) -> tuple[ToolSpec, ...]:
            return (ToolSpec("look", "", schema, "workspace"),)

    stage = Stage(asked("a"), said("Found it"))
    await stage.read(toolbox=Toolbox({"look": "found"}))
    assert all(size < LARGE for size in stage.offload.sizes) == in_place


async def test_the_schemas_of_a_caller_count_when_a_turn_is_assembled():
    properties = {f"p{number}": {"type": "string"} for number in range(5_000)}
    tool = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": properties}}
    stage = Stage(said("a"))
    await stage.read(replace(REQUEST, parameters=Parameters(tools=(tool,)), tooling=Tooling(handed_over=True)))
    assert max(stage.offload.sizes) >= LARGE
