"""Files of real hosts: read by those who may, stored with the host's own functions, on its disk and in a bucket."""

import subprocess
from pathlib import Path

import pytest

from entrypoints.devhost.environments import host_python
from entrypoints.devhost.host_settings import host_environment
from tests.doubles.s3_server import running_s3
from tests.hosts.files_inside import SETTINGS
from tests.hosts.installed import InstalledHost

pytestmark = pytest.mark.host

ROOT = Path(__file__).resolve().parents[2]
RUN_SECONDS = 300


def play(version: str, folder: Path, settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Play all cases in a host of its own."""
    command = [str(host_python(version)), "-m", "tests.hosts.files_inside"]
    environment = host_environment(folder, {**SETTINGS, **settings})
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=RUN_SECONDS
    )


def test_files_on_the_hosts_disk_keep_every_promise_of_the_port(host: InstalledHost, tmp_path: Path) -> None:
    done = play(host.server.version, tmp_path, {})
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def test_files_in_a_bucket_keep_every_promise_of_the_port(outermost_version: str, tmp_path: Path) -> None:
    with running_s3() as server:
        done = play(outermost_version, tmp_path, server.settings)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
