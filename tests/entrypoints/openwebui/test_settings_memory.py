"""Settings are parsed again only after a change; a host without a secret is reported once."""

import os
import sys
from typing import Any

import pytest

from entrypoints.openwebui import settings_memory
from entrypoints.openwebui.pipe import Pipe
from entrypoints.openwebui.settings_memory import SettingsMemory
from entrypoints.settings_snapshot import snapshot

SECRET = "a secret of the host itself"
KEY = "sk-or-v1-0123456789"


@pytest.fixture(autouse=True)
def _no_host(monkeypatch):
    monkeypatch.delenv("WEBUI_SECRET_KEY", raising=False)
    monkeypatch.delitem(sys.modules, "open_webui.env", raising=False)


@pytest.fixture
def readings(monkeypatch):
    """Count how often the settings are really read."""
    counted = []

    def counting(*given):
        counted.append(given)
        return snapshot(*given)

    monkeypatch.setattr(settings_memory, "snapshot", counting)
    return counted


def remarks(memory: SettingsMemory, **stored: Any) -> list[str]:
    return [problem.text for problem in memory.read(Pipe.Valves(**stored), None)[1]]


@pytest.mark.parametrize("stored", [{"API_KEY": KEY}, {"ADVANCED": "artifact_previous_keys = an older key"}])
def test_secrets_stored_in_clear_text_are_reported_once(stored):
    memory = SettingsMemory({})

    (remark,) = remarks(memory, **stored)

    assert "WEBUI_SECRET_KEY is missing, public or shorter" in remark
    assert KEY not in remark
    assert [remarks(memory, **stored), remarks(memory, MODEL_ID="a/b", **stored)] == [[], []]


def test_without_a_stored_secret_the_hosts_own_does_not_matter():
    assert remarks(SettingsMemory({"OPENROUTER_API_KEY": KEY}), MODEL_ID="a/b") == []


def test_a_host_with_a_secret_is_not_reported(monkeypatch):
    monkeypatch.setenv("WEBUI_SECRET_KEY", SECRET)

    assert remarks(SettingsMemory({"WEBUI_SECRET_KEY": SECRET}), API_KEY=KEY) == []


def test_clear_text_under_a_secret_is_read_only_once(monkeypatch, readings):
    monkeypatch.setenv("WEBUI_SECRET_KEY", SECRET)
    memory = SettingsMemory({"WEBUI_SECRET_KEY": SECRET})

    read = [memory.read(Pipe.Valves(API_KEY=KEY), None)[0].api_key.reveal() for _ in range(3)]

    assert (read, len(readings)) == ([KEY] * 3, 1)


def test_another_secret_of_the_host_counts_at_once(monkeypatch):
    environ = {"WEBUI_SECRET_KEY": SECRET}
    monkeypatch.setenv("WEBUI_SECRET_KEY", SECRET)
    memory, valves = SettingsMemory(environ), Pipe.Valves(API_KEY=KEY)
    assert memory.read(valves, None)[0].api_key.reveal() == KEY

    environ["WEBUI_SECRET_KEY"] = "another secret of the host"

    assert memory.read(valves, None)[0].api_key.unreadable


def test_a_variable_of_the_process_that_changes_is_seen_with_the_next_call(monkeypatch):
    memory = SettingsMemory(os.environ)
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-first")
    assert memory.read(None, None)[0].api_key.reveal() == "sk-or-v1-first"
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-second")
    assert memory.read(None, None)[0].api_key.reveal() == "sk-or-v1-second"
    monkeypatch.delenv("OPENROUTER_API_KEY")
    assert not memory.read(None, None)[0].api_key
