"""Failures: HTTP errors in every envelope, and failures reported inside a stream."""

import orjson
import pytest

from entrypoints.simulator.server import Simulator
from tests.entrypoints.simulator.reading import Caller

STATUSES = (400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 429, 500, 502, 503, 504, 524, 529)


@pytest.mark.parametrize("status", STATUSES)
async def test_error_has_its_status_and_the_common_envelope(caller: Caller, status: int) -> None:
    reply = await caller.stream(f"sim/error-{status}")
    assert reply.status == status
    assert reply.json["error"]["code"] == status
    assert reply.json["error"]["message"]


@pytest.mark.parametrize("name", ["error-429", "error-503", "error-402-inflight"])
async def test_temporary_error_names_the_time_to_retry(caller: Caller, name: str) -> None:
    reply = await caller.stream(f"sim/{name}")
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.json["error"]["metadata"]["headers"]["Retry-After"] == reply.headers["Retry-After"]


async def test_wait_can_be_chosen(caller: Caller) -> None:
    assert (await caller.stream("sim/error-429-after-30")).headers["Retry-After"] == "30"


async def test_client_error_of_responses_lists_issues_beside_the_error(caller: Caller) -> None:
    body = (await caller.stream("sim/error-400-responses")).json
    assert body["error"] == {"code": "invalid_prompt", "message": "Invalid Responses API request"}
    assert orjson.loads(body["metadata"]["raw"])[0]["path"] == ["input", 0]


@pytest.mark.parametrize("status", [401, 402, 500, 502, 504])
async def test_error_of_responses_is_a_failed_response(caller: Caller, status: int) -> None:
    reply = await caller.stream(f"sim/error-{status}-responses")
    assert reply.status == status
    assert reply.json["status"] == "failed"
    assert reply.json["error_type"]


@pytest.mark.parametrize(
    ("status", "code"), [(404, "no_endpoints"), (429, "capacity_exhausted"), (503, "temporarily_unavailable")]
)
async def test_lack_of_endpoints_is_an_availability_error(caller: Caller, status: int, code: str) -> None:
    error = (await caller.stream(f"sim/error-{status}-responses")).json["error"]
    assert error["http_status"] == status
    assert error["availability"]["code"] == code
    assert error["availability"]["retryable"] is (status != 404)


async def test_odd_envelopes_are_on_offer(caller: Caller) -> None:
    assert isinstance((await caller.stream("sim/error-502-string")).json["error"], str)
    assert (await caller.stream("sim/error-502-typed")).json["error"]["code"] == "1261"
    assert (await caller.stream("sim/error-502-empty")).raw == b""


async def test_edge_answers_with_a_page(caller: Caller) -> None:
    reply = await caller.stream("sim/html-502")
    assert reply.status == 502
    assert reply.headers["Content-Type"].startswith("text/html")


async def test_first_calls_fail_and_later_ones_are_answered(caller: Caller) -> None:
    statuses = [(await caller.stream("sim/error-502-first-2")).status for _ in range(4)]
    assert statuses == [502, 502, 200, 200]


async def test_daily_limit_reports_when_the_day_ends(caller: Caller) -> None:
    reply = await caller.stream("sim/error-429-daily")
    assert reply.json["error"]["metadata"]["limit_source"] == "openrouter_free_tier_daily"
    assert int(reply.headers["X-RateLimit-Reset"]) % 1000 == 0


async def test_runtime_error_moves_on_to_the_next_model(caller: Caller) -> None:
    reply = await caller.stream("sim/error-503", models=["sim/echo"])
    assert reply.last["response"]["model"] == "sim/echo"


async def test_refused_payment_does_not_move_on(caller: Caller) -> None:
    assert (await caller.stream("sim/error-402", models=["sim/echo"])).status == 402


@pytest.mark.parametrize(("name", "deltas"), [("failed", 3), ("failed-first", 0)])
async def test_failed_response_is_the_last_event(caller: Caller, name: str, deltas: int) -> None:
    reply = await caller.stream(f"sim/{name}")
    assert reply.kinds.count("response.output_text.delta") == deltas
    assert reply.last["response"]["status"] == "failed"
    assert reply.last["response"]["error_type"] == "provider_unavailable"
    assert reply.done


@pytest.mark.parametrize("name", ["error-event-flat", "error-event-nested"])
async def test_error_event_follows_some_text(caller: Caller, name: str) -> None:
    reply = await caller.stream(f"sim/{name}")
    assert reply.text == "w0 w1 w2 "
    assert reply.last["type"] == "error"
    assert ("error" in reply.last) is name.endswith("nested")


async def test_error_event_can_be_the_very_first(caller: Caller) -> None:
    reply = await caller.stream("sim/error-event-first")
    assert reply.status == 200
    assert reply.kinds == ["error"]


async def test_error_frame_has_no_type(caller: Caller) -> None:
    reply = await caller.stream("sim/error-frame")
    assert "type" not in reply.last
    assert reply.last["error"]["code"] == 502


@pytest.mark.parametrize("name", ["failed", "error-event-flat", "error-frame"])
async def test_failure_is_an_http_error_when_not_streamed(caller: Caller, name: str) -> None:
    assert (await caller.answer(f"sim/{name}")).status == 502


async def test_override_makes_a_catalog_model_play_a_scenario(caller: Caller, simulator: Simulator) -> None:
    simulator.set_override("openai/gpt-4o-mini", "sim/error-529")
    assert (await caller.stream("openai/gpt-4o-mini")).status == 529
    simulator.set_override("openai/gpt-4o-mini", None)
    assert (await caller.stream("openai/gpt-4o-mini")).status == 200


def test_override_with_an_unknown_scenario_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a scenario"):
        Simulator().set_override("openai/gpt-4o-mini", "sim/dance")
