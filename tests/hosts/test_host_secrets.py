"""The host stores secrets encrypted, and the function can decrypt them."""

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from tests.hosts.installed import InstalledHost, install

pytestmark = pytest.mark.host


async def test_saved_key_is_stored_encrypted_and_still_pays_for_answers(client: HostAdmin, host: InstalledHost) -> None:
    await install(client, host.source, host.valves, function_id="sealed")
    try:
        stored = await client.valves("sealed")
        await client.set_valves("sealed", stored)
        answer = await stream_chat(client, "sealed.sim/echo", "hello")

        assert str(stored["API_KEY"]).startswith("encrypted:")
        assert (await client.valves("sealed"))["API_KEY"] == stored["API_KEY"]
        assert answer.text == "You said: hello"
    finally:
        await client.delete_function("sealed")
