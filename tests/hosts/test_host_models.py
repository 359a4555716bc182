"""The model list of a real host."""

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from entrypoints.devhost.client import HostClient
from tests.hosts.installed import InstalledHost, fresh

pytestmark = pytest.mark.host


async def test_models_are_listed_under_their_exact_slugs(client: HostAdmin, host: InstalledHost) -> None:
    listed = set(await client.model_ids())
    assert {"openrouter.sim/echo", "openrouter.sim/echo:free", "openrouter.openai/gpt-4o-mini"} <= listed


async def test_every_model_is_listed_once(client: HostAdmin, host: InstalledHost) -> None:
    listed = await client.model_ids()
    assert len(listed) == len(set(listed))


async def test_function_without_a_key_lists_one_entry_that_asks_for_it(client: HostAdmin, host: InstalledHost) -> None:
    await client.install_function("keyless", host.source)
    try:
        await client.wait_for_model(lambda model_id: model_id.startswith("keyless."))
        entries = [model for model in await client.models() if model["id"].startswith("keyless.")]
        assert len(entries) == 1
        assert "key" in entries[0]["name"].lower()
    finally:
        await client.delete_function("keyless")


async def test_person_without_rights_uses_a_model_that_was_made_public(client: HostAdmin, host: InstalledHost) -> None:
    person = await client.add_user(name="Person", email="person@example.com", password="Pass-word-2")
    await client.publish_models(["openrouter.sim/echo"])
    async with HostClient(host.url, person) as guest:
        assert "openrouter.sim/echo" in await guest.model_ids()
        words = fresh("a guest asks")
        assert words in (await stream_chat(guest, "openrouter.sim/echo", words)).text
