"""Fields of upstream's API reach it through a real host: from an API client, a model row and the settings."""

import json
from typing import Any

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat
from tests.hosts.installed import FUNCTION_ID, RARELY_OPEN, InstalledHost, fresh

pytestmark = pytest.mark.host

MODEL = f"{FUNCTION_ID}.sim/echo"
FIELDS: dict[str, Any] = {
    "instructions": "Answer briefly.",
    "safety_identifier": "person-7",
    "service_tier": "flex",
    "prompt_cache_key": "team-1",
    "prompt": {"id": "pmpt_1", "variables": {"name": "Ann"}},
    "trace": {"trace_name": "chat", "team": "blue"},
    "provider": {"sort": "price", "options": {"openai": {"user_tier": "gold"}}},
    "plugins": [{"id": "auto-router", "cost_tier": "low", "pin_model": True}],
    "stop_server_tools_when": [{"type": "max_cost", "max_cost_in_dollars": 0.5}],
    "truncation": "auto",
}


def arrived(host: InstalledHost, words: str) -> dict[str, Any]:
    """Return the fields of the one request with these words; of the plugins only ours."""
    (record,) = host.asked(words)
    sent = {name: record.body.get(name) for name in FIELDS}
    return {**sent, "plugins": [plugin for plugin in sent["plugins"] or () if plugin["id"] == "auto-router"]}


async def test_fields_of_an_api_client_reach_upstream(client: HostAdmin, host: InstalledHost) -> None:
    words = fresh("client")
    await plain_chat(client, MODEL, words, body=FIELDS)
    assert arrived(host, words) == FIELDS


async def test_custom_parameters_of_a_model_row_reach_upstream(
    client: HostAdmin, page: BrowserSession, host: InstalledHost
) -> None:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in FIELDS.items()}
    row: dict[str, Any] = {
        "id": "fields-row",
        "base_model_id": MODEL,
        "name": "Fields",
        "is_active": True,
        "meta": {"capabilities": {}},
        "params": {"system": "You are a clerk.", "custom_params": {**texts, "safety_identifier": "4711"}},
        **({"access_grants": []} if client.at_least("0.8") else {"access_control": None}),
    }
    await client.request("POST", "/api/v1/models/create", row)
    assert "fields-row" in await client.model_ids()
    words = fresh("row")
    turn = await page.send(words, model="fields-row")
    assert turn.shown.error is None
    assert arrived(host, words) == {**FIELDS, "safety_identifier": "4711"}
    (record,) = host.asked(words)
    assert json.dumps(record.body).count("You are a clerk.") == 1


async def test_fields_of_the_settings_reach_upstream(
    client: HostAdmin, page: BrowserSession, host: InstalledHost
) -> None:
    before = await client.valves(FUNCTION_ID)
    await client.set_valves(
        FUNCTION_ID, {**before, "ADVANCED": f"{RARELY_OPEN}\nREQUEST_DEFAULTS={json.dumps(FIELDS)}"}
    )
    try:
        words = fresh("settings")
        turn = await page.send(words, model=MODEL)
    finally:
        await client.set_valves(FUNCTION_ID, before)
    assert turn.shown.error is None
    assert arrived(host, words) == FIELDS
