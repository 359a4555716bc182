"""The first start of the function in a host that has none of its packages."""

from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from entrypoints.devhost.environments import build_environment, host_python
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.upstream import SIMULATOR_KEY
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.conftest import ADMIN
from tests.hosts.installed import install

pytestmark = pytest.mark.host


async def test_host_installs_what_the_frontmatter_names(
    outermost_version: str, tmp_path: Path, bundle_source: str, simulator: SimulatorThread
) -> None:
    python = build_environment(tmp_path / "environment", outermost_version)
    with HostServer(outermost_version, python=python, offline=False) as server:
        async with HostAdmin(server.url) as admin:
            await admin.sign_up(**ADMIN)
            valves = {"API_KEY": SIMULATOR_KEY, "BASE_URL": simulator.url}
            await install(admin, bundle_source, valves)
            reply = await stream_chat(admin, "openrouter.sim/echo", "are you there")
            assert reply.text == "You said: are you there"


async def test_offline_host_without_the_packages_lists_one_entry_that_says_what_to_install(
    newest_version: str, bundle_source: str
) -> None:
    python = host_python(newest_version, with_requirements=())
    with HostServer(newest_version, python=python) as server:
        async with HostAdmin(server.url) as admin:
            await admin.sign_up(**ADMIN)
            await admin.install_function("openrouter", bundle_source)
            entries = [model for model in await admin.models() if model["id"].startswith("openrouter.")]
    (entry,) = entries
    assert "dependency-injector" in entry["name"]
    assert "structlog" in entry["name"]
    assert "pip install" in entry["name"]
