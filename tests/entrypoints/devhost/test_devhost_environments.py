"""The location of the hosts' environments, and when they are built."""

from pathlib import Path

import pytest

from entrypoints.devhost.environments import FUNCTION_PACKAGES, cache_folder, host_python
from entrypoints.devhost.progress import stay_silent


def test_cache_is_where_the_caller_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENROUTER_PIPE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_cache_is_in_the_persons_cache_folder_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OPENROUTER_PIPE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "openrouter-pipe"


def test_environment_that_is_ready_is_not_built_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENROUTER_PIPE_CACHE", str(tmp_path))
    built: list[str] = []

    def pretend(folder: Path, version: str, **rest: object) -> Path:
        built.append(version)
        folder.mkdir()
        return folder / "bin" / "python"

    monkeypatch.setattr("entrypoints.devhost.environments.build_environment", pretend)
    assert host_python("1.2.3", progress=stay_silent) == host_python("1.2.3", progress=stay_silent)
    assert built == ["1.2.3"]


def test_environment_without_the_packages_is_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENROUTER_PIPE_CACHE", str(tmp_path))
    monkeypatch.setattr("entrypoints.devhost.environments.build_environment", lambda folder, *_, **__: folder.mkdir())
    with_packages = host_python("1.2.3", with_requirements=FUNCTION_PACKAGES, progress=stay_silent)
    assert with_packages != host_python("1.2.3", with_requirements=(), progress=stay_silent)
