"""The caller disconnects; and the simulator itself starts, stops and fails to start."""

import asyncio
import socket
import subprocess
import sys
import urllib.request

import pytest

from entrypoints.simulator.server import NotLoopback, Simulator, running_simulator
from entrypoints.simulator.threads import SimulatorThread
from tests.entrypoints.simulator.reading import KEY, Caller
from tests.patience import PATIENCE, eventually

HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize(
    "model", ["sim/deltas-1000-rate-1", "sim/slow-start-60", "sim/deltas-2000000", "sim/deltas-9-rate-0p1-thinking-9"]
)
async def test_close_is_detected_during_the_answer(caller: Caller, simulator: Simulator, model: str) -> None:
    body = {"model": model, "input": "hi", "stream": True}
    async with caller.session.post(caller.url + "/responses", json=body, headers=HEADERS) as response:
        await response.content.readany()
        record = simulator.records[-1]
        assert not record.finished
        assert record.ended_at is None
        response.close()
    await eventually(lambda: record.ended_at is not None)
    assert record.closed_by_client
    assert not record.finished


async def test_close_is_detected_before_the_first_byte(caller: Caller, simulator: Simulator) -> None:
    body = {"model": "sim/deltas-100-rate-1", "input": "hi"}
    task = asyncio.create_task(caller.post("/responses", body))
    await eventually(lambda: bool(simulator.records) and simulator.records[-1].model is not None)
    task.cancel()
    record = simulator.records[-1]
    await eventually(lambda: record.ended_at is not None)
    assert record.closed_by_client


async def test_cancelled_stream_is_billed_for_what_was_sent(caller: Caller, simulator: Simulator) -> None:
    body = {"model": "sim/deltas-1000-rate-1", "input": "hi", "stream": True}
    async with caller.session.post(caller.url + "/responses", json=body, headers=HEADERS) as response:
        identifier = response.headers["X-Generation-Id"]
        response.close()
    await eventually(lambda: simulator.records[0].ended_at is not None)
    bill = (await caller.get("/generation", id=identifier)).json["data"]
    assert bill["cancelled"] is True
    assert 0 < bill["tokens_completion"] < 1000


async def test_cancelled_call_without_streaming_is_billed_in_full(caller: Caller, simulator: Simulator) -> None:
    task = asyncio.create_task(caller.answer("sim/deltas-100-rate-1"))
    await eventually(lambda: bool(simulator.records) and simulator.records[-1].generation_id is not None)
    task.cancel()
    record = simulator.records[-1]
    await eventually(lambda: record.ended_at is not None)
    bill = (await caller.get("/generation", id=str(record.generation_id))).json["data"]
    assert (bill["cancelled"], bill["tokens_completion"]) == (True, 100)


@pytest.mark.parametrize("model", ["sim/echo", "sim/cut-5", "sim/reset", "sim/no-done-5", "sim/error-500"])
async def test_answer_given_to_its_end_is_not_closed_by_the_client(
    caller: Caller, simulator: Simulator, model: str
) -> None:
    await caller.stream(model)
    record = simulator.records[-1]
    await eventually(lambda: record.ended_at is not None)
    assert record.finished
    assert not record.closed_by_client


async def test_open_streams_do_not_keep_the_simulator_from_stopping(caller: Caller) -> None:
    async with running_simulator() as other:
        body = {"model": "sim/slow-start-60", "input": "hi", "stream": True}
        response = await caller.session.post(other.url + "/responses", json=body, headers=HEADERS)
        await response.content.readany()
    assert other.records[-1].ended_at is not None
    assert not other.records[-1].closed_by_client
    response.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])
async def test_other_addresses_than_loopback_are_not_bound(host: str) -> None:
    with pytest.raises(NotLoopback):
        async with running_simulator(host=host):
            pass


def test_simulator_serves_synchronous_code_from_a_thread() -> None:
    with SimulatorThread() as simulator:
        with urllib.request.urlopen(f"{simulator.url}/models") as response:
            assert response.status == 200
        assert simulator.records[-1].path == "/api/v1/models"


def test_thread_raises_if_the_port_is_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError), SimulatorThread(port=taken.getsockname()[1]):
            pass


def test_command_prints_its_address_and_stops_on_a_signal() -> None:
    command = [sys.executable, "-m", "entrypoints.simulator", "--port", "0", "--key", "sk-or-v1-other"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        request = urllib.request.Request(f"{url}/key", headers={"Authorization": "Bearer sk-or-v1-other"})
        with urllib.request.urlopen(request) as response:
            assert response.status == 200
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_command_refuses_a_public_address_in_one_line() -> None:
    command = [sys.executable, "-m", "entrypoints.simulator", "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
