"""Keys, the catalog, and bills."""

from decimal import Decimal

import pytest

from entrypoints.simulator.__main__ import parsed
from entrypoints.simulator.account import LIMIT, Allowed
from entrypoints.simulator.scenarios.registry import listed_slugs
from entrypoints.simulator.server import Simulator
from tests.entrypoints.simulator.reading import KEY, Caller


@pytest.mark.parametrize("path", ["/key", "/credits", "/models/user", "/generation", "/endpoints/zdr"])
async def test_call_without_a_key_is_refused(caller: Caller, path: str) -> None:
    reply = await caller.get(path, key=None)
    assert reply.status == 401
    assert reply.json == {"error": {"message": "Missing Authentication header", "code": 401}}


@pytest.mark.parametrize("path", ["/responses", "/chat/completions"])
async def test_unknown_key_is_refused_before_the_body_is_looked_at(caller: Caller, path: str) -> None:
    reply = await caller.post(path, ["nonsense"], key="sk-or-v1-wrong")
    assert reply.status == 401
    assert reply.json == {"error": {"message": "User not found.", "code": 401}}


async def test_model_list_needs_no_key_and_shows_text_models_only(caller: Caller) -> None:
    reply = (await caller.get("/models", key=None)).json
    assert all("text" in entry["architecture"]["output_modalities"] for entry in reply["data"])
    assert reply["total_count"] == len(reply["data"])


async def test_model_list_shows_everything_when_asked(caller: Caller) -> None:
    ids = {entry["id"] for entry in (await caller.get("/models", output_modalities="all")).json["data"]}
    assert {"google/veo-3.1", "openai/gpt-5.6-luna", *listed_slugs()} <= ids


async def test_all_entries_have_the_same_keys(caller: Caller) -> None:
    entries = (await caller.get("/models", output_modalities="all")).json["data"]
    optional = {"reasoning", "alias_target"}
    assert len({frozenset(set(entry) - optional) for entry in entries}) == 1


async def test_model_list_is_paged_on_request(caller: Caller) -> None:
    page = (await caller.get("/models", offset=10, limit=5)).json
    assert len(page["data"]) == 5
    assert page["links"]["next"].endswith("offset=15&limit=5")


async def test_one_model_is_found_by_slug_variant_or_alias(caller: Caller) -> None:
    for slug in ("openai/gpt-5.6-luna", "openai/gpt-5.6-luna:nitro", "sim/deltas-77"):
        assert (await caller.get(f"/model/{slug}")).json["data"]["id"].startswith(slug.partition(":")[0])
    assert (await caller.get("/model/openai/gpt-0")).status == 404


async def test_endpoints_of_a_model_name_their_provider(caller: Caller) -> None:
    data = (await caller.get("/models/anthropic/claude-opus-5/endpoints")).json["data"]
    assert data["id"] == "anthropic/claude-opus-5"
    assert data["endpoints"][0]["tag"] == "anthropic"


async def test_zero_retention_list_leaves_free_models_out(caller: Caller) -> None:
    ids = {row["model_id"] for row in (await caller.get("/endpoints/zdr")).json["data"]}
    assert "anthropic/claude-opus-5" in ids
    assert not any(model.endswith(":free") for model in ids)


async def test_key_reports_the_spending(caller: Caller) -> None:
    before = (await caller.get("/key")).json["data"]
    await caller.stream("sim/usage")
    after = (await caller.get("/key")).json["data"]
    assert before["usage"] == 0
    assert after["usage"] == pytest.approx(0.001665)
    assert KEY not in str(after)


async def test_credits_are_for_management_keys(caller: Caller) -> None:
    assert (await caller.get("/credits")).status == 403


async def test_limits_and_credits_are_what_the_test_says(caller: Caller, simulator: Simulator) -> None:
    simulator.allowed = Allowed(limit=None, credits=Decimal(7))
    await caller.stream("sim/usage")
    key = (await caller.get("/key")).json["data"]
    assert (key["limit"], key["limit_remaining"], key["is_management_key"]) == (None, None, True)
    assert (await caller.get("/credits")).json["data"] == {
        "total_credits": 7.0,
        "total_usage": pytest.approx(0.001665),
    }


async def test_each_key_has_its_own_spending_and_its_own_bills(caller: Caller, simulator: Simulator) -> None:
    simulator.keys = frozenset({KEY, "sk-or-v1-another"})
    reply = await caller.stream("sim/usage")
    assert (await caller.get("/key", key="sk-or-v1-another")).json["data"]["usage"] == 0
    bill = reply.headers["X-Generation-Id"]
    assert (await caller.get("/generation", key="sk-or-v1-another", id=bill)).status == 404
    assert (await caller.get("/generation", id=bill)).status == 200


def test_limits_are_options_of_the_command() -> None:
    assert (parsed([]).limit, parsed([]).credits) == (LIMIT, None)
    given = parsed(["--limit", "2.5", "--credits", "10"])
    assert (given.limit, given.credits) == (Decimal("2.5"), Decimal(10))


async def test_bill_repeats_the_usage_of_the_call(caller: Caller) -> None:
    reply = await caller.stream("sim/usage")
    bill = (await caller.get("/generation", id=reply.headers["X-Generation-Id"])).json["data"]
    usage = reply.last["response"]["usage"]
    assert bill["total_cost"] == usage["cost"]
    assert bill["native_tokens_reasoning"] == 150
    assert bill["cancelled"] is False


async def test_bill_of_an_unknown_call_is_not_found(caller: Caller) -> None:
    assert (await caller.get("/generation", id="gen-1")).status == 404


async def test_bill_appears_only_after_its_delay(caller: Caller, simulator: Simulator) -> None:
    simulator.bills.delay = 3600.0
    reply = await caller.stream("sim/echo")
    assert (await caller.get("/generation", id=reply.headers["X-Generation-Id"])).status == 404


async def test_unknown_path_is_answered_in_json(caller: Caller) -> None:
    reply = await caller.get("/secrets")
    assert reply.status == 404
    assert reply.json["error"]["code"] == 404


async def test_records_hold_bodies_and_no_keys(caller: Caller, simulator: Simulator) -> None:
    await caller.stream("sim/echo", "remember me")
    record = simulator.records[-1]
    assert record.body["input"] == "remember me"
    assert record.model == "sim/echo"
    assert record.finished
    assert KEY not in str(record)
