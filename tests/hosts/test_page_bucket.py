"""A host that stores its files in a bucket: pictures of people and of models, in the real page."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.s3_server import S3Server, running_s3
from tests.hosts.attached import asked_once, content_of, parts_of, png
from tests.hosts.conftest import ADMIN
from tests.hosts.installed import FUNCTION_ID, InstalledHost, fresh, install
from tests.hosts.paged import ask, new_chat, opened_page

pytestmark = pytest.mark.host

DRAWN = 'img[src*="/api/v1/files/"]'


@pytest.fixture
def bucket() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture
def bucket_host(
    bucket: S3Server, outermost_version: str, bundle_source: str, simulator: SimulatorThread
) -> Iterator[InstalledHost]:
    """Yield a host of its own whose files are in the bucket."""
    with HostServer(outermost_version, settings=bucket.settings) as server:
        yield asyncio.run(_installed(server, simulator, bundle_source))


@pytest.fixture
def page(bucket_host: InstalledHost) -> Iterator[Page]:
    with opened_page(bucket_host) as page:
        yield page


def test_pictures_arrive_and_are_shown(
    page: Page, bucket_host: InstalledHost, bucket: S3Server, tmp_path: Path
) -> None:
    words, bridge = fresh("What is this?"), tmp_path / "bridge.jpg"
    bridge.write_bytes(png("bridge"))
    new_chat(page, bucket_host, f"{FUNCTION_ID}.sim/media")
    ask(page, words, bridge)
    sent = parts_of(asked_once(bucket_host, words), "input_image")
    assert [content_of(part) for part in sent] == [("image/png", bridge.read_bytes())]
    new_chat(page, bucket_host, f"{FUNCTION_ID}.sim/drawing")
    ask(page, fresh("Draw a bridge."))
    _shows_what_was_drawn(page)
    page.reload()
    _shows_what_was_drawn(page)
    changed = fresh("Make it blue.")
    ask(page, changed)
    (again,) = parts_of(asked_once(bucket_host, changed), "input_image")
    assert content_of(again)[0] == "image/png"
    names = "".join(bucket.names())
    assert "generated-image" in names
    assert "bridge.jpg" in names or bucket_host.server.version.startswith("0.6.")  # 0.6 keeps it in the chat


def _shows_what_was_drawn(page: Page) -> None:
    picture = page.locator(".chat-assistant").last.locator(DRAWN)
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("naturalWidth", 8)


async def _installed(server: HostServer, simulator: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), simulator, source)
        await install(admin, source, host.valves)
    return host
