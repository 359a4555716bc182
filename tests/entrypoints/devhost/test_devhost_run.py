"""How `make run` reads its options, and how it reports failures."""

import socket
import sys
from pathlib import Path

import pytest

from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.progress import stay_silent
from entrypoints.devhost.run_options import RunOptions, read_options
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.upstream import ROOT


def test_run_without_wishes_uses_the_usual_port_and_folder() -> None:
    assert read_options([], {}) == RunOptions(None, 8080, ROOT / ".run" / "data", check=False)


def test_check_uses_a_free_port_and_a_temporary_folder() -> None:
    assert read_options([], {"CHECK": "1"}) == RunOptions(None, None, None, check=True)


def test_given_port_folder_and_file_are_honoured() -> None:
    options = read_options(["own.py"], {"CHECK": "1", "PORT": "9001", "DATA": "kept"})
    assert options == RunOptions(Path("own.py"), 9001, Path("kept"), check=True)


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_impossible_port_is_refused_by_name(port: str) -> None:
    with pytest.raises(DevhostError, match=f"PORT={port} "):
        read_options([], {"PORT": port})


def test_port_in_use_is_reported_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = HostServer("0.0.0", folder=tmp_path, port=port, python=Path(sys.executable), progress=stay_silent)
        with pytest.raises(DevhostError, match=f"port {port} is in use"):
            server.start()


def test_host_that_ends_at_once_is_reported_with_its_last_line(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho first\necho the reason\nexit 3\n")
    broken.chmod(0o755)
    server = HostServer("0.0.0", folder=tmp_path / "data", python=broken, progress=stay_silent)
    with pytest.raises(DevhostError, match=r"ended before it was ready: the reason$"):
        server.start()
