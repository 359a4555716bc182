"""A real host's rows for the models are updated from upstream's list; no decision of a person is lost."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.client import Account, HostClient
from entrypoints.devhost.environments import host_python
from entrypoints.devhost.host_settings import host_environment
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.conftest import ADMIN
from tests.hosts.followed import Followed, model_id
from tests.hosts.installed import InstalledHost
from tests.hosts.list_server import ListServer

pytestmark = pytest.mark.host

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def followed(host: InstalledHost) -> Iterator[Followed]:
    """Yield the function with its list, installed once for all tests."""
    with ListServer() as upstream:
        upstream.offer("maker/always")
        followed = Followed(host, upstream)
        asyncio.run(_as_admin(host, followed.install))
        yield followed
        asyncio.run(_as_admin(host, lambda admin: admin.delete_function("followed")))


@pytest.fixture(scope="module")
def guest(host: InstalledHost) -> Account:
    """Yield a person without rights."""
    return asyncio.run(
        _as_admin(host, lambda admin: admin.add_user(name="Guest", email="guest@example.com", password="Pass-word-3"))
    )


async def _as_admin(host: InstalledHost, work):
    async with HostAdmin(host.url, host.admin) as admin:
        return await work(admin)


async def _seen_by(guest: Account, host: InstalledHost) -> set[str]:
    async with HostClient(host.url, guest) as client:
        return set(await client.model_ids())


def test_the_hosts_own_functions_keep_every_promise_of_the_port(host: InstalledHost, tmp_path: Path) -> None:
    command = [str(host_python(host.server.version)), "-m", "tests.contracts.model_rows_cases"]
    environment = host_environment(tmp_path, {"OFFLINE_MODE": "true"})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:]


async def test_boxes_follow_the_list(client: HostAdmin, followed: Followed) -> None:
    followed.upstream.offer("maker/boxes")
    await followed.sync(client)
    first = await followed.boxes(client, "maker/boxes")
    followed.upstream.offer("maker/boxes", sees=True)
    await followed.sync(client, UPDATE_MODEL_DESCRIPTIONS=True)
    second = await followed.boxes(client, "maker/boxes")
    await followed.sync(client, UPDATE_MODEL_DESCRIPTIONS=False)
    knows_tools = {"builtin_tools": False} if client.at_least("0.7") else {}
    assert first == {"vision": False, **knows_tools}
    assert second == knows_tools


async def test_a_model_that_does_what_the_host_assumes_has_no_row(client: HostAdmin, followed: Followed) -> None:
    followed.upstream.offer("maker/able", sees=True, calls=True)
    await followed.sync(client)
    assert model_id("maker/able") in await client.model_ids()
    assert not await followed.has_row(client, "maker/able")


async def test_a_row_is_removed_when_it_changes_nothing_unless_it_was_edited(
    client: HostAdmin, followed: Followed
) -> None:
    for slug in ("maker/plain", "maker/tagged", "maker/base"):
        followed.upstream.offer(slug)
    await followed.sync(client)
    await followed.create(client, "tutor", name="Tutor", base_model_id=model_id("maker/base"))
    await followed.save(client, "maker/tagged", tags=[{"name": "mine"}])
    for slug in ("maker/plain", "maker/tagged", "maker/base"):
        followed.upstream.offer(slug, sees=True, calls=True)
    await followed.sync(client)
    assert await followed.has_row(client, "maker/base")
    assert not await followed.has_row(client, "maker/plain")
    assert (await followed.row(client, "maker/tagged"))["meta"]["tags"] == [{"name": "mine"}]


async def test_descriptions_are_updated_when_switched_on(client: HostAdmin, followed: Followed) -> None:
    followed.upstream.offer("maker/described")
    await followed.sync(client)
    assert not (await followed.row(client, "maker/described"))["meta"].get("description")
    await followed.sync(client, UPDATE_MODEL_DESCRIPTIONS=True)
    row = await followed.row(client, "maker/described")
    await followed.sync(client, UPDATE_MODEL_DESCRIPTIONS=False)
    assert row["meta"]["description"] == "About maker/described."


async def test_a_second_sync_writes_nothing(client: HostAdmin, followed: Followed) -> None:
    await followed.sync(client)
    followed.count_writes()
    await followed.sync(client)
    assert followed.writes() == 0
    followed.upstream.offer("maker/always", sees=True)
    await followed.sync(client)
    assert followed.writes() > 0


async def test_what_an_administrator_changed_survives(client: HostAdmin, followed: Followed) -> None:
    followed.upstream.offer("maker/edited")
    await followed.sync(client)
    boxes = await followed.boxes(client, "maker/edited")
    await followed.save(client, "maker/edited", capabilities={**boxes, "vision": True}, description="Ours.")
    followed.upstream.offer("maker/edited", draws=True, name="Another name")
    await followed.sync(client, UPDATE_MODEL_DESCRIPTIONS=True)
    await followed.sync(client, UPDATE_MODEL_DESCRIPTIONS=False)
    row = await followed.row(client, "maker/edited")
    assert row["meta"]["description"] == "Ours."
    assert row["meta"]["capabilities"]["vision"] is True
    assert row["name"] == "Another name"


async def test_a_row_an_administrator_made_keeps_owner_name_parameters_and_access(
    client: HostAdmin, host: InstalledHost, followed: Followed, guest: Account
) -> None:
    tags = [{"name": "mine"}]
    await followed.create(client, "maker/theirs", name="Ours", params={"temperature": 0.5}, meta={"tags": tags})
    followed.upstream.offer("maker/theirs")
    await followed.sync(client)
    row = await followed.row(client, "maker/theirs")
    assert (row["user_id"], row["name"], row["params"]["temperature"]) == (host.admin.id, "Ours", 0.5)
    assert (row["meta"]["tags"], row["meta"]["capabilities"]["vision"]) == (tags, False)
    assert model_id("maker/theirs") not in await _seen_by(guest, host)


async def test_a_private_model_stays_private_and_a_public_one_public(
    client: HostAdmin, host: InstalledHost, followed: Followed, guest: Account
) -> None:
    followed.upstream.offer("maker/closed")
    followed.upstream.offer("maker/open")
    await followed.sync(client)
    assert not {model_id("maker/closed"), model_id("maker/open")} & await _seen_by(guest, host)
    await client.publish_models([model_id("maker/open")])
    for slug in ("maker/closed", "maker/open"):
        followed.upstream.offer(slug, sees=True)
    await followed.sync(client)
    assert "vision" not in await followed.boxes(client, "maker/open")
    seen = await _seen_by(guest, host)
    assert model_id("maker/open") in seen
    assert model_id("maker/closed") not in seen


async def test_a_new_model_is_for_everybody_when_the_operator_wants_it(
    client: HostAdmin, host: InstalledHost, followed: Followed, guest: Account
) -> None:
    followed.upstream.offer("maker/always")
    await followed.sync(client)
    followed.upstream.offer("maker/public")
    await followed.sync(client, NEW_MODEL_ACCESS_CONTROL="public")
    await followed.sync(client, NEW_MODEL_ACCESS_CONTROL="admins")
    seen = await _seen_by(guest, host)
    assert model_id("maker/public") in seen
    assert model_id("maker/always") not in seen


async def test_the_row_of_a_vanished_model_is_marked_until_it_returns(client: HostAdmin, followed: Followed) -> None:
    followed.upstream.offer("maker/vanishing")
    await followed.sync(client)
    entry = followed.upstream.entries.pop("maker/vanishing")
    await followed.sync(client)
    gone = await followed.row(client, "maker/vanishing")
    followed.upstream.entries["maker/vanishing"] = entry
    await followed.sync(client)
    back = await followed.row(client, "maker/vanishing")
    assert gone["meta"]["openrouter_pipe"]["gone"] is True
    assert "gone" not in back["meta"]["openrouter_pipe"]
    assert gone["meta"]["capabilities"] == back["meta"]["capabilities"]


async def test_nothing_is_written_when_all_updates_are_off(client: HostAdmin, followed: Followed) -> None:
    await followed.sync(client)
    followed.upstream.offer("maker/ignored")
    await followed.sync(client, UPDATE_MODEL_CAPABILITIES=False, UPDATE_MODEL_DESCRIPTIONS=False)
    assert model_id("maker/ignored") in await client.model_ids()
    assert not await followed.has_row(client, "maker/ignored")
    await followed.sync(client, UPDATE_MODEL_CAPABILITIES=True)
    assert await followed.has_row(client, "maker/ignored")


async def test_no_model_is_hidden_from_administrators_who_have_no_rights_of_their_own(
    outermost_version: str, bundle_source: str, simulator: SimulatorThread
) -> None:
    settings = {"BYPASS_ADMIN_ACCESS_CONTROL": "false"}
    with HostServer(outermost_version, settings=settings) as server, ListServer() as upstream:
        upstream.offer("maker/always")
        async with HostAdmin(server.url) as admin:
            account = await admin.sign_up(**ADMIN)
            followed = Followed(InstalledHost(server, account, simulator, bundle_source), upstream)
            await followed.install(admin)
            await followed.sync(admin)
            # 0.6 never shows these administrators a model that has no row
            assert (model_id("maker/always") in await admin.model_ids()) is admin.at_least("0.8")
            await followed.sync(admin, NEW_MODEL_ACCESS_CONTROL="public")
            assert (await followed.boxes(admin, "maker/always"))["vision"] is False
