"""The location of the hosts' environments, and when they are built."""

from pathlib import Path

import pytest

from entrypoints.devhost.environments import FUNCTION_PACKAGES, build_environment, cache_folder, host_python
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


def test_environment_keeps_the_notes_of_the_newest_release_and_none_that_the_installer_shares(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cached, folder = tmp_path / "cached.md", tmp_path / "environment"
    cached.write_text(
        "# Changelog\n\n## [1.2.3] - 2026-02-01\n\n### Added\n\n- New.\n\n## [1.2.2] - 2026-01-01\n\nOld.\n"
    )

    def install(command: list[str]) -> None:
        if "install" in command:
            package = folder / "lib/python3.11/site-packages/open_webui"
            package.mkdir(parents=True)
            (package / "CHANGELOG.md").hardlink_to(cached)
        else:
            folder.mkdir()

    monkeypatch.setattr("entrypoints.devhost.environments.uv_program", lambda **_: Path("uv"))
    monkeypatch.setattr("entrypoints.devhost.environments._run", install)
    build_environment(folder, "1.2.3", progress=stay_silent)
    (notes,) = folder.rglob("*.md")
    assert notes.read_text() == "# Changelog\n\n## [1.2.3] - 2026-02-01\n\n### Added\n\n- New.\n\n"
    assert "Old." in cached.read_text()


def test_environment_without_the_packages_is_another_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENROUTER_PIPE_CACHE", str(tmp_path))
    monkeypatch.setattr("entrypoints.devhost.environments.build_environment", lambda folder, *_, **__: folder.mkdir())
    with_packages = host_python("1.2.3", with_requirements=FUNCTION_PACKAGES, progress=stay_silent)
    assert with_packages != host_python("1.2.3", with_requirements=(), progress=stay_silent)
