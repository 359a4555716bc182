"""Cancelled turns, readers that leave, limits shared by loads, and loads that replace each other."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions, retired
from tests.patience import eventually

SLOW = "sim/deltas-2000-rate-50"


def tasks_left() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("openrouter-pipe")}


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_stopped_caller_closes_the_request_upstream(caller: Caller, simulator: Simulator, who: Who) -> None:
    task, reply = caller.begin(SLOW, who=who)
    await eventually(lambda: len(reply.text.split()) >= 3)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (record,) = questions(simulator)
    await eventually(lambda: record.closed_by_client)
    assert reply.errors == []


async def test_stopped_person_keeps_the_text_and_reads_stopped_as_the_last_status(caller: Caller) -> None:
    task, reply = caller.begin(SLOW)
    await eventually(lambda: len(reply.text.split()) >= 3)
    seen = reply.text

    task.cancel()
    await eventually(lambda: reply.statuses and reply.statuses[-1]["description"].startswith("Stopped | Time: "))
    assert reply.statuses[-1]["done"]
    assert reply.text == seen


async def test_person_who_stops_before_the_first_text_reads_stopped_too(caller: Caller, simulator: Simulator) -> None:
    task, reply = caller.begin("sim/slow-start-60")
    await eventually(lambda: questions(simulator))

    task.cancel()
    await eventually(lambda: reply.statuses and reply.statuses[-1]["done"])
    (record,) = questions(simulator)
    await eventually(lambda: record.closed_by_client)


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_stopped_turn_leaves_no_task_behind(caller: Caller, who: Who) -> None:
    task, reply = caller.begin(SLOW, who=who)
    await eventually(lambda: reply.text)

    task.cancel()
    await asyncio.wait((task,))
    await eventually(lambda: not tasks_left())


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_open_answer_keeps_nothing_of_the_parsed_call(caller: Caller, who: Who) -> None:
    task, reply = caller.begin(SLOW, who=who)
    await eventually(lambda: len(reply.text.split()) >= 3)

    gc.collect()
    assert not [one for one in gc.get_objects() if type(one) in (HostCall, CompletionsBody)]
    task.cancel()


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_host_that_closes_the_stream_closes_the_request_upstream(
    caller: Caller, simulator: Simulator, who: Who
) -> None:
    messages = [{"role": "user", "content": "hello"}]
    body = {"model": f"openrouter.{SLOW}", "messages": messages, "stream": True}
    stream: Any = await caller.service.pipe(caller.call(body, who, Reply()))
    await anext(stream)

    await stream.aclose()
    (record,) = questions(simulator)
    await eventually(lambda: record.closed_by_client)


async def test_places_are_shared_by_all_loads_of_the_process(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    first, second = (Caller(load(), simulator.url, MAX_CONCURRENT_REQUESTS=1) for _ in range(2))
    task, reply = first.begin(SLOW)
    await eventually(lambda: reply.text)

    waiting, waiting_reply = second.begin("sim/echo")
    await eventually(lambda: waiting_reply.statuses)
    assert "All places are taken" in waiting_reply.statuses[0]["description"]
    assert len(questions(simulator)) == 1

    task.cancel()
    assert (await waiting).text == "You said: hello"


async def test_caller_beyond_the_waiting_line_is_rejected_as_busy(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    valves = {"MAX_CONCURRENT_REQUESTS": 1, "ADVANCED": "MAX_QUEUED_REQUESTS=0"}
    caller = Caller(load(), simulator.url, **valves)
    task, reply = caller.begin(SLOW)
    await eventually(lambda: reply.text)

    refused = await caller.ask("sim/echo", who=Who.API)
    assert [error["code"] for error in refused.errors] == ["server_busy"]
    task.cancel()
    await asyncio.wait((task,))


async def test_older_load_finishes_its_stream_after_a_newer_one_took_over(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    older, newer = Caller(load(), simulator.url), Caller(load(), simulator.url)
    task, reply = older.begin("sim/deltas-20-rate-50")
    await eventually(lambda: reply.text)

    assert (await newer.ask("sim/echo")).text == "You said: hello"
    assert [retired(caller.service) for caller in (older, newer)] == [True, False]
    await task
    assert reply.text.split() == [f"w{number}" for number in range(20)]
    await eventually(lambda: not tasks_left())


async def test_loads_under_two_ids_do_not_retire_each_other(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    one, two = Caller(load(), simulator.url), Caller(load(), simulator.url)
    messages = [{"role": "user", "content": "hello"}]
    for _ in range(2):
        for caller, name in ((one, "one"), (two, "two")):
            body = {"model": f"{name}.sim/echo", "messages": messages, "stream": True}
            assert (await caller.send(body)).text == "You said: hello"

    assert [retired(caller.service) for caller in (one, two)] == [False, False]


async def test_settings_of_a_call_hold_to_its_end_although_the_host_changes_them(
    caller: Caller, simulator: Simulator
) -> None:
    task, reply = caller.begin("sim/deltas-20-rate-50")
    await eventually(lambda: reply.text)
    caller.valves.update(API_KEY="", SHOW_FINAL_USAGE_STATUS=False)

    await task
    assert "Total tokens" in reply.statuses[-1]["description"]


async def test_many_callers_at_once_get_their_own_answers_whole(caller: Caller) -> None:
    async def asked(number: int, who: Who) -> bool:
        reply = await caller.ask("sim/echo", f"number {number}", who=who)
        return reply.text == f"You said: number {number}"

    everyone = [asked(number, who) for number in range(20) for who in (Who.PAGE, Who.API)]
    assert all(await asyncio.gather(*everyone))
