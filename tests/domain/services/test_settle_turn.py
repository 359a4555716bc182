"""Settlement uses facts computed with the request and never reads the history again."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import SupportsIndex

import pytest

from domain.request.turn_request import Remembering, TurnRequest
from ports.answer_facts import AnswerFacts, RoutingReport
from ports.usage import Usage
from tests.domain.services.crash import HERE, World, asked, question
from tests.domain.services.stage import said
from tests.domain.turn.talk import call, completed, done, thought
from tests.doubles.clock import until
from tests.doubles.responses import Held
from tests.doubles.toolbox import ScriptedToolbox

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"


class Watched(tuple[object, ...]):
    """Messages that count how often they are read."""

    reads = 0

    def __iter__(self) -> Iterator[object]:
        self.reads += 1
        return super().__iter__()

    def __getitem__(self, key: SupportsIndex | slice) -> object:  # type: ignore[override]
        self.reads += 1
        return super().__getitem__(key)


def watched(memory: Remembering = HERE) -> tuple[TurnRequest, Watched]:
    messages = Watched((question("Why?"), {"role": "assistant", "content": "Yes."}, question("And?")))
    return asked(*messages, turn=TURN, memory=replace(memory), messages=messages), messages


@pytest.mark.parametrize("reasoning", ["conversation", "next_reply"])
@pytest.mark.parametrize("stopped", [False, True])
async def test_history_is_not_read_again_once_the_request_is_sent(reasoning: str, stopped: bool) -> None:
    gate = asyncio.Event()
    tools = [[*done(thought("Hm"), call()), completed()]]
    process = World().process(tools, [*said("Because.")[:1], Held(gate), *said("Because.")[1:]])
    request, messages = watched(Remembering("pipe", reasoning=reasoning))
    reader = process.begin(request, ScriptedToolbox({"look": "found"}))
    await until(lambda: process.responses.calls)
    reads = messages.reads
    await until(lambda: process.responses.reads == 3)
    if stopped:
        await process.stop(reader)
    gate.set()
    await until(reader.done)
    await process.run_turn.drained()
    line = process.log.only("turn_ended")
    assert (line.values["reason"], messages.reads) == ("cancelled" if stopped else "stop", reads)
    assert reads > 0


async def test_the_line_of_a_turn_has_the_facts_about_its_answers_and_no_text_of_them() -> None:
    used = Usage(100, 5, 105, 80, 10, cost=Decimal("0.03"), cost_details=(("server_tool_cost", Decimal("0.01")),))
    facts = AnswerFacts("OpenAI", "flex", routing=RoutingReport("m", "fallback"), safeguards=(("flagged", 1),))
    ended = replace(completed(usage=replace(used, server_tools=(("web_search_requests", 2),))), facts=facts)
    process = World().process([*said("Because.")[:1], [ended]])
    await process.ask(asked(question("Why?"), turn=TURN))
    wanted = {
        "provider": "OpenAI",
        "service_tier": "flex",
        "routing": "fallback",
        "safeguards": "flagged=1",
        "cached_tokens": 80,
        "cache_write_tokens": 10,
        "server_tools": "web_search_requests=2",
        "server_tool_cost": "0.01",
        "cost": "0.03",
    }
    assert wanted.items() <= process.log.only("turn_ended").values.items()
    assert {"provider": "OpenAI", "cost": "0.03"}.items() <= process.log.only("attempt_ended").values.items()
