"""Schemas and arguments that were made to hold up the process, in whole turns: the event loop never waits for them.

Turns are assembled and their calls run as in production, with the real threads and the real checker. Most schemas are
random tangles of references, choices and patterns, some are large, and some cost as much as a check may.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from adapters.json_schema.checker import JsonSchemaChecker
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.threads import ThreadOffload
from adapters.sniff.first_bytes import FirstBytes
from domain.request.turn_request import Tooling
from domain.services.equip_turn import ToolPorts
from domain.services.read_media import MediaPorts
from domain.services.run_turn import Personal, RunTurn
from domain.tools.registry import _worked_out
from domain.tools.strict import _strict
from domain.turn.steps import Ended
from ports.toolbox import ToolRequest, ToolResult, ToolSpec
from tests.domain.services.stage import MODEL, REQUEST, said
from tests.domain.turn.talk import call, completed, done
from tests.doubles.responses import ScriptedResponses
from tests.doubles.slots import CountedSlots
from tests.doubles.stalls import Stalls, measured_stalls
from tests.doubles.telemetry import RecordedTelemetry
from tests.drills.tools import PartResult

SCHEMAS, AT_ONCE = 10_000, 20
"""Schemas in all, and tools of one turn, each of which is called once."""
LONGEST_STALL, FROZEN = 0.050, 0.250
"""Seconds: the aim, which a busy machine may miss, and what no busy machine explains."""
STRICT = replace(MODEL, supported_parameters=frozenset({"tools", "structured_outputs"}))
TOOLING = Tooling(breaker_failures=10**6)
PATTERNS = ("^(a+)+$", "(a|aa)+$", "^(\\w+\\s?)*$", "(?=a)b", "(")
LONGEST_TURN = 60.0
TRIES = 3


@dataclass
class Figures:
    """The counts."""

    turns: int = 0
    again: int = 0
    unchecked: int = 0
    ran: int = 0
    refused: int = 0
    longest_stall: float = 0.0
    longest_wall: float = 0.0
    longest_turn: float = 0.0
    misses: list[str] = field(default_factory=list)


class Tools:
    """A toolbox of hostile schemas that only counts."""

    def __init__(self, schemas: list[dict[str, Any]]) -> None:
        self._specs = tuple(ToolSpec(f"t{number}", "", schema, "mcp:evil") for number, schema in enumerate(schemas))
        self.ran = 0

    def tools(self) -> tuple[ToolSpec, ...]:
        """Return one tool per schema."""
        return self._specs

    async def call(self, request: ToolRequest) -> ToolResult:
        """Count the call."""
        self.ran += 1
        return ToolResult("ran")


def run(seed: int = 0) -> PartResult:
    """Run all turns."""
    figures = asyncio.run(_turns(Random(seed)))
    if figures.longest_stall > FROZEN:
        figures.misses.append(f"the loop stood still for {figures.longest_stall * 1000:.0f} ms")
    return {
        "hostile schemas, turns": f"{figures.turns * AT_ONCE:,}, {figures.turns}",
        "calls run, refused by the schema": f"{figures.ran:,}, {figures.refused:,}",
        "longest stall of the loop": f"{figures.longest_stall * 1000:.1f} ms (aim {LONGEST_STALL * 1000:.0f})",
        "with other processes' share": f"{figures.longest_wall * 1000:.1f} ms",
        "unchecked, turns tried again": f"{figures.unchecked:,}, {figures.again}",
        "longest turn": f"{figures.longest_turn:.1f} s",
    }, figures.misses


async def _turns(rng: Random) -> Figures:
    figures, offload = Figures(), ThreadOffload()
    for number in range(SCHEMAS // AT_ONCE):
        pairs = [_pair(rng) for _ in range(AT_ONCE)]
        stalls = await _turn(number, pairs, offload, figures)
        figures.longest_wall = max(figures.longest_wall, stalls.longest)
        own = stalls.own
        for _ in range(TRIES - 1):  # what the machine does beside this does not come again, what a schema does will
            if own > LONGEST_STALL:
                figures.again += 1
                own = min(own, (await _turn(number, pairs, offload, figures)).own)
        figures.longest_stall = max(figures.longest_stall, own)
        figures.turns += 1
    await offload.aclose()
    return figures


async def _turn(
    number: int, pairs: list[tuple[dict[str, Any], str]], offload: ThreadOffload, figures: Figures
) -> Stalls:
    """Run one turn in which every tool is called once; nothing is known of its schemas."""
    _worked_out.cache_clear()
    _strict.cache_clear()
    log, tools = RecordedTelemetry(), Tools([schema for schema, _ in pairs])
    calls = [call(f"c{place}", f"t{place}", text) for place, (_, text) in enumerate(pairs)]
    runs = MemoryToolRuns()
    turn = RunTurn(
        responses=ScriptedResponses([[*done(*calls), completed()]], said("Done.")),
        clock=SystemClock(),
        ids=SystemIds(),
        slots=CountedSlots(),
        offload=offload,
        tools=ToolPorts(CountedSlots(), JsonSchemaChecker(log), runs, runs, MemoryBreakerState()),
        media=MediaPorts(FirstBytes(), offload, log),
        telemetry=log,
    )
    request, began = replace(REQUEST, tooling=TOOLING), time.monotonic()
    async with measured_stalls() as stalls:
        outputs = [one async for one in turn.run(request, models=(STRICT,), personal=Personal(tools))]
        await turn.drained()
    took, end = time.monotonic() - began, outputs[-1]
    figures.ran += tools.ran
    figures.refused += AT_ONCE - tools.ran
    figures.unchecked += len(log.named("tool_arguments_unchecked"))
    figures.longest_turn = max(figures.longest_turn, took)
    if not isinstance(end, Ended) or end.end.fault is not None:
        figures.misses.append(f"turn {number} did not end well: {end}"[:200])
    if took > LONGEST_TURN:
        figures.misses.append(f"turn {number} took {took:.0f} s")
    outcomes = [str(line.values.get("outcome")) for line in log.named("tool_call")]
    figures.misses += [f"turn {number}: a call ended with a {how}" for how in outcomes if "defect" in how]
    return stalls


# --- what is drawn ------------------------------------------------------------------------------------------------


def _pair(rng: Random) -> tuple[dict[str, Any], str]:
    """Return a schema and the text of arguments for it."""
    roll = rng.random()
    if roll < 0.01:
        return _costly(rng)
    if roll < 0.03:
        return _large(rng)
    schema = _tangled(rng)
    return schema, json.dumps(_value(rng, 4) if rng.random() < 0.9 else _deep(rng.randint(5, 60)))


def _costly(rng: Random) -> tuple[dict[str, Any], str]:
    """What takes as many steps as it may."""
    keyword, section = rng.choice(("anyOf", "oneOf", "allOf")), rng.choice(("$defs", "definitions"))
    links = rng.randint(18, 40)
    chain: dict[str, Any] = {
        f"d{n}": {keyword: [{"$ref": f"#/{section}/d{n + 1}"}] * rng.randint(2, 4)} for n in range(links)
    }
    chain[f"d{links}"] = {"type": "string" if keyword != "allOf" else ["object", "integer"]}
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"$ref": f"#/{section}/d0"}}, section: chain}
    if rng.random() < 0.3:
        schema["unevaluatedProperties"] = False
    return schema, json.dumps({"a": 1, "b": rng.randint(0, 9)})


def _large(rng: Random) -> tuple[dict[str, Any], str]:
    """What is large or deep: schemas, enumerations, lists, numbers, texts."""
    kind, size = rng.randrange(9), rng.choice((1_000, 10_000, 60_000))
    numbers = [n * (2**61 - 1) for n in range(size)]  # all of one hash
    if kind == 0:
        return {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(size)}}, '{"p1": 1}'
    if kind == 1:
        return {"type": "object", "properties": {"a": {"enum": numbers}}}, json.dumps({"a": numbers[-1] + 1})
    if kind == 2:
        return {"type": "object", "properties": {"a": {"uniqueItems": True}}}, json.dumps({"a": numbers[:10_000]})
    if kind == 3:
        return {"type": "object", "properties": {"a": _deep(size)}}, '{"a": 1}'
    if kind == 4:
        rules = [{"items": {"minimum": -n}} for n in range(1, 500)]
        return {"type": "object", "properties": {"a": {"allOf": rules}}}, json.dumps(
            {"a": list(range(min(size, 20_000)))}
        )
    if kind == 5:
        branches = [{"$ref": f"#/$defs/d{n}"} for n in range(min(size // 20, 95))]
        definitions = {f"d{n}": {"anyOf": branches} for n in range(len(branches))}
        return {"type": "object", "properties": {"a": {"anyOf": branches}}, "$defs": definitions}, '{"a": {"b": null}}'
    if kind == 6:
        rule = {"multipleOf": 3**2_000}
        return {"type": "object", "additionalProperties": rule}, json.dumps({f"k{n}": 7**3_000 for n in range(200)})
    if kind == 7:
        text = "a" * size + "!"
        return {"type": "object", "properties": {"a": {"pattern": rng.choice(PATTERNS)}}}, json.dumps({"a": text})
    return {"type": "object", "description": "x" * size * 100}, '{"a": ' + "[" * size


def _tangled(rng: Random) -> dict[str, Any]:
    """Definitions that lead to each other in every way, beside patterns."""
    section = rng.choice(("$defs", "definitions"))
    names = [f"d{n}" for n in range(rng.randint(1, 8))]
    references = [{"$ref": f"#/{section}/{name}"} for name in [*names, "missing"]] + [{"$ref": "#"}]
    definitions = {name: _part(rng, references, 2) for name in names}
    properties = {name: _part(rng, references, 2) for name in "abc"[: rng.randint(0, 3)]}
    schema: dict[str, Any] = {"type": "object", "properties": properties, section: definitions}
    if rng.random() < 0.3:
        schema["patternProperties"] = {rng.choice(PATTERNS): rng.choice(references)}
    if rng.random() < 0.2:
        schema[rng.choice(("additionalProperties", "unevaluatedProperties", "propertyNames", "if"))] = _part(
            rng, references, 1
        )
    return schema


def _part(rng: Random, references: list[dict[str, Any]], depth: int) -> Any:
    if depth == 0 or rng.random() < 0.35:
        return rng.choice((*references, *_LEAVES))

    def several() -> list[Any]:
        return [_part(rng, references, depth - 1) for _ in range(rng.randint(1, 5))]

    kind = rng.choice(("anyOf", "oneOf", "allOf", "prefixItems", "items", "not", "contains", "properties", "if"))
    if kind in ("anyOf", "oneOf", "allOf", "prefixItems"):
        return {kind: several()}
    if kind == "properties":
        return {"type": "object", kind: dict(zip("abc", several(), strict=False))}
    return {kind: _part(rng, references, depth - 1)}


_LEAVES: tuple[Any, ...] = (
    {"type": "string"}, {"type": "integer"}, {"type": ["object", "null"]}, {}, True, {"uniqueItems": True},
    {"enum": [1, "a", None, {}]}, {"pattern": PATTERNS[0]}, {"format": "regex"}, {"const": 1e308},
    {"multipleOf": 1e-300}, {"type": "nothing"}, {"minimum": 10**400},
)  # fmt: skip


def _value(rng: Random, depth: int) -> Any:
    if depth == 4:
        return {name: _value(rng, 3) for name in rng.sample(["a", "b", "c", "a" * 28 + "!"], rng.randint(0, 4))}
    if depth == 0 or rng.random() < 0.4:
        return rng.choice((None, True, 1, 1.5, 10**300, "a" * 28 + "!", "", -1))
    if rng.random() < 0.5:
        return [_value(rng, depth - 1) for _ in range(rng.randint(0, 5))]
    return {name: _value(rng, depth - 1) for name in "abc"[: rng.randint(0, 3)]}


def _deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"a": 1}
    for _ in range(levels):
        value = {"a": value}
    return value
