"""What people set for themselves: read from the database only for those who have set something."""

import json

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat, stream_chat
from tests.hosts.installed import InstalledHost, fresh, install

pytestmark = pytest.mark.host

ID, MODEL = "personal", "personal.sim/echo"
WATCH, WATCHER = (
    "asked",
    '''
"""
title: What the host asks its database for
"""
import json
from open_webui.models.functions import Functions, FunctionsTable

KEPT = FunctionsTable.get_user_valves_by_id_and_user_id
ASKED = []


def watched(self, id, *args, **kwargs):
    ASKED.append(id)
    return KEPT(self, id, *args, **kwargs)


class Pipe:
    def pipes(self):
        return [{"id": "for", "name": "Asked for"}]

    def pipe(self, body):
        FunctionsTable.get_user_valves_by_id_and_user_id = watched
        told = json.dumps(ASKED)
        ASKED.clear()
        return told
''',
)


async def asked(client: HostAdmin) -> list[str]:
    """Return the functions for which the host has read personal settings since the last look."""
    _, answer = await plain_chat(client, f"{WATCH}.for")
    return list(json.loads(answer["choices"][0]["message"]["content"]))


async def test_a_chat_asks_for_what_its_person_has_stored(client: HostAdmin, host: InstalledHost) -> None:
    await install(client, host.source, host.valves, function_id=ID)
    await client.install_function(WATCH, WATCHER)
    try:
        await client.wait_for_model(lambda model: model == f"{WATCH}.for")
        await asked(client)

        words = fresh("nothing stored")
        assert (await stream_chat(client, MODEL, words)).text == f"You said: {words}"
        assert await asked(client) == []

        spec = await client.request("GET", f"/api/v1/functions/id/{ID}/valves/user/spec")
        assert "REASONING_EFFORT" in spec["properties"]
        form = {"REASONING_EFFORT": "low", "ENABLE_REASONING": "true"}
        await client.request("POST", f"/api/v1/functions/id/{ID}/valves/user/update", form)
        assert (await client.user_valves(ID))["REASONING_EFFORT"] == "low"

        await asked(client)  # the form was read
        words = fresh("something stored")
        await stream_chat(client, MODEL, words)
        assert await asked(client) == [ID]
    finally:
        await client.delete_function(WATCH)
        await client.delete_function(ID)
