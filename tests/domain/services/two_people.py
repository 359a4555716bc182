"""Two people in one process: what one of them sends, is refused, stops and names, and what of it the other notices."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from domain.request.turn_request import Parameters, Person
from domain.turn.steps import Ended, Output
from ports.catalog import Model, Reasoning
from ports.response_events import UpstreamProblem
from ports.responses import Refused, UpstreamRequest
from ports.tool_runs import ToolRun
from tests.domain.services.crash import Process, World, asked
from tests.domain.services.stage import said
from tests.domain.services.test_run_turn_tools import asked as calling
from tests.doubles.clock import settled
from tests.doubles.responses import Hang, Move, Refusing
from tests.doubles.toolbox import ScriptedToolbox

EVERYTHING = frozenset({"reasoning", "reasoning_effort", "temperature", "top_p", "stop", "tools", "tool_choice"})
MODEL = Model("anthropic/claude", "Claude", supported_parameters=EVERYTHING, reasoning=Reasoning(takes_effort=True))
REFUSALS = (
    "Unsupported parameter: 'temperature'",
    "'stop' is not supported with this model",
    "top_p and temperature are unknown",
    "Unsupported value: reasoning.effort 'medium'. Supported values are: 'low' and 'high'.",
    "Unsupported value: reasoning.effort 'xhigh'. Supported values are: 'low' and 'high'.",
    "Thinking is not supported by this model",
    "Your organization must be verified to generate reasoning summaries (parameter: summary).",
    "cache_control: extra inputs are not permitted",
    "This model is only supported in v1/chat/completions.",
    "invalid message: 'temperature is not supported, nor thinking, nor cache_control'",
    "something else",
)
PARAMETERS = (
    Parameters(),
    Parameters(temperature=3.0),
    Parameters(temperature=0.5, top_p=0.5, stop=("END",)),
    Parameters(reasoning={"effort": "xhigh"}),
    Parameters(reasoning={"enabled": False}),
    Parameters(reasoning={"summary": "detailed"}, temperature=0.1),
)
ENDS = ("answer", "stop", "tool", "stopped tool", "refused")
IDS = ("", "c", "of bob", "x" * 400, "temporary:of bob", "local:of bob")


@dataclass(frozen=True, slots=True)
class Doing:
    """One turn of Ann's: with which parameters and ids, what upstream refuses first, and how it ends."""

    parameters: Parameters
    refusals: tuple[str, ...]
    end: str
    chat_id: str
    message_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Everything there is to notice for the other one."""

    requests: tuple[UpstreamRequest, ...]
    outputs: tuple[Output, ...]
    journal: tuple[ToolRun, ...]
    places_taken: int


def refusing(text: str) -> list[Move]:
    return [Refusing(Refused(UpstreamProblem(400, "invalid_request", text)))]


async def ann_does(process: Process, doing: Doing, number: int) -> None:
    """Play one turn of Ann's to its end, whatever comes."""
    person = Person("ann", doing.chat_id, doing.message_id, "s")
    turn = f"{number:026d}"
    question = {"role": "user", "content": "Why?"}
    request = replace(asked(question, turn=turn, person=person, message=doing.message_id), **_common(doing.parameters))
    end: dict[str, list[list[Move]]] = {
        "answer": [list(said("Yes."))],
        "stop": [[*said("Yes.")[:1], Hang()]],
        "tool": [list(calling(doing.call_id)), list(said("Yes."))],
        "stopped tool": [list(calling(doing.call_id, name="stuck"))],
        "refused": [refusing(f"something else {again}") for again in range(12)],
    }
    process.responses._scripts = [*(refusing(text) for text in doing.refusals), *end[doing.end], *[list(said("."))] * 9]
    toolbox = ScriptedToolbox({"look": "found", "stuck": None})

    async def read() -> None:
        async for _ in process.run_turn.run(request, models=(MODEL,), personal=process.personal(toolbox)):
            pass

    task = asyncio.get_running_loop().create_task(read())
    await settled()
    if not task.done():
        await process.stop(task)
    await process.run_turn.drained()


async def bob_does(process: Process) -> Noticed:
    """Play two turns of Bob's, the second by what is remembered of the first; return what he notices."""
    requests: list[UpstreamRequest] = []
    taken = process.places.taken
    outputs: list[Output] = []
    person = Person("bob", "of bob", "m-1", "s")
    question = {"role": "user", "content": "Why?"}
    first = replace(asked(question, turn="B" * 26, person=person), **_common(Parameters(temperature=0.5)))
    history = (question, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "And?"})
    second = replace(
        asked(*history, turn="C" * 26, person=person, message="m-2", parent="m-1"), **_common(Parameters())
    )
    for request, scripts in ((first, [calling("call"), said("Yes.")]), (second, [said("So.")])):
        process.responses._scripts = [list(script) for script in scripts]
        before = len(process.responses.calls)
        toolbox = ScriptedToolbox({"look": "found", "stuck": None})
        async for output in process.run_turn.run(request, models=(MODEL,), personal=process.personal(toolbox)):
            outputs.append(output)
        await process.run_turn.drained()
        requests += [call.request for call in process.responses.calls[before:]]
    runs = tuple(run for run in process.runs._runs.values() if run.user_id == "bob")
    return Noticed(tuple(requests), tuple(map(_nameless, outputs)), runs, taken)


async def noticed(*doings: Doing) -> Noticed:
    """Return what Bob notices of a process in which Ann did these things before."""
    process = Process(World())
    for number, doing in enumerate(doings):
        await ann_does(process, doing, number)
    return await bob_does(process)


def _common(parameters: Parameters) -> dict[str, Any]:
    return {"model": MODEL.id, "parameters": parameters}


def _nameless(output: Output) -> Output:
    """Take out the error id, which is new for each turn."""
    return Ended(replace(output.end, error_id="")) if isinstance(output, Ended) else output
