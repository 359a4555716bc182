"""A person's own key in a real host: stored encrypted, used for their requests alone, never shown, never replaced."""

import json

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat, stream_chat
from entrypoints.devhost.upstream import SIMULATOR_KEY
from tests.hosts.installed import InstalledHost, fresh, install

pytestmark = pytest.mark.host

ID = "keyed"
MODEL = f"{ID}.sim/echo"
THEIRS = "sk-or-v1-the-own-key-of-a-person-in-a-host"
PERSON = {"name": "Keyholder", "email": "keyholder@example.com", "password": "Pass-word-4"}


async def save(person: HostAdmin, key: str) -> None:
    """Save the form of a person's own valves."""
    await person.request("POST", f"/api/v1/functions/id/{ID}/valves/user/update", {"OWN_API_KEY": key})


def paying(host: InstalledHost, words: str) -> list[str]:
    """Return the keys of the requests with these words."""
    return [record.key for record in host.asked(words)]


async def test_a_person_pays_with_a_key_of_their_own(client: HostAdmin, host: InstalledHost) -> None:
    host.simulator.simulator.keys = frozenset({SIMULATOR_KEY, THEIRS})
    await install(client, host.source, {**host.valves, "ADVANCED": "ALLOW_USER_KEYS=true"}, function_id=ID)
    try:
        await client.publish_models([MODEL])
        account = await client.add_user(**PERSON)
        async with HostAdmin(host.url, account) as person:
            await save(person, THEIRS)
            stored = await person.user_valves(ID)
            assert str(stored["OWN_API_KEY"]).startswith("encrypted:")
            assert THEIRS not in json.dumps(stored)

            theirs, ours = fresh("own"), fresh("operator")
            assert (await stream_chat(person, MODEL, theirs)).text == f"You said: {theirs}"
            assert (await stream_chat(client, MODEL, ours)).text == f"You said: {ours}"
            assert (paying(host, theirs), paying(host, ours)) == ([THEIRS], [SIMULATOR_KEY])

            await save(person, str(stored["OWN_API_KEY"]))  # the form shows the token and saves it again
            again = fresh("saved again")
            await stream_chat(person, MODEL, again)
            assert paying(host, again) == [THEIRS]

            await save(person, "sk-or-v1-mistyped")
            before = len(host.simulator.records)
            _, answer = await plain_chat(person, MODEL, "refused")
            assert "OWN_API_KEY" in json.dumps(answer)
            posts = [record.key for record in host.simulator.records[before:] if record.method == "POST"]
            assert posts == ["sk-or-v1-mistyped"]  # and no other key pays in its place
            assert any(str(model["id"]) == MODEL for model in await person.models())

            await client.set_valves(ID, host.valves)  # not allowed any more
            ignored = fresh("ignored")
            await stream_chat(person, MODEL, ignored)
            assert paying(host, ignored) == [SIMULATOR_KEY]
            assert "OWN_API_KEY" in await person.user_valves(ID)
        assert THEIRS not in host.server.log_text()
    finally:
        await client.delete_function(ID)
        host.simulator.simulator.keys = frozenset({SIMULATOR_KEY})
