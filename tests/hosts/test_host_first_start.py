"""The first start of the function in a host without the packages that it needs."""

import re
import subprocess
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
    assert not _has_packages(python)
    with HostServer(outermost_version, python=python, offline=False) as server:
        async with HostAdmin(server.url) as admin:
            await admin.sign_up(**ADMIN)
            valves = {"API_KEY": SIMULATOR_KEY, "BASE_URL": simulator.url}
            await install(admin, bundle_source, valves)
            reply = await stream_chat(admin, "openrouter.sim/echo", "are you there")
            assert reply.text == "You said: are you there"
    assert _has_packages(python)


async def test_offline_host_without_the_packages_lists_one_entry_that_names_the_packages_to_install(
    outermost_version: str, bundle_source: str
) -> None:
    python = host_python(outermost_version, with_requirements=())
    with HostServer(outermost_version, python=python) as server:
        async with HostAdmin(server.url) as admin:
            await admin.sign_up(**ADMIN)
            # before 0.8 a host calls its installer even offline, and rejects the function if that fails
            source = bundle_source if admin.at_least("0.8") else _without_requirements(bundle_source)
            await admin.install_function("openrouter", source)
            entries = [model for model in await admin.models() if model["id"].startswith("openrouter.")]
    (entry,) = entries
    assert "dependency-injector" in entry["name"]
    assert "structlog" in entry["name"]
    assert "pip install" in entry["name"]


def _without_requirements(source: str) -> str:
    return re.sub(r"^requirements:.*\n", "", source, count=1, flags=re.MULTILINE)


def _has_packages(python: Path) -> bool:
    command = [str(python), "-c", "import dependency_injector, structlog"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
