"""Detecting the host by its modules."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from entrypoints.openwebui.host import NEWEST, Host, detect_host


@pytest.fixture(autouse=True)
def no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("open_webui.env", "open_webui.utils.middleware"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def loaded(monkeypatch: pytest.MonkeyPatch, version: object, *, items: bool | None) -> None:
    environment = ModuleType("open_webui.env")
    vars(environment)["VERSION"] = version
    monkeypatch.setitem(sys.modules, "open_webui.env", environment)
    if items is not None:
        middleware = ModuleType("open_webui.utils.middleware")
        if items:
            vars(middleware)["handle_responses_streaming_event"] = lambda: None
        monkeypatch.setitem(sys.modules, "open_webui.utils.middleware", middleware)


@pytest.mark.parametrize(
    ("text", "items", "host"),
    [
        ("0.6.28", False, Host((0, 6), native_items=False)),
        ("0.8.12", True, Host((0, 8))),
        ("0.10.2", True, Host((0, 10))),
        ("0.12.4", True, Host((0, 12))),
        ("1.3.0-dev", True, Host((1, 3))),
    ],
)
def test_supported_host_is_known_by_its_version_and_what_its_middleware_can_do(
    monkeypatch: pytest.MonkeyPatch, text: str, items: bool, host: Host
) -> None:
    loaded(monkeypatch, text, items=items)

    assert detect_host() == host


@pytest.mark.parametrize(("text", "native"), [("0.6.28", False), ("0.7.9", False), ("0.8.0", True), ("0.12.4", True)])
def test_version_decides_where_the_middleware_has_moved(
    monkeypatch: pytest.MonkeyPatch, text: str, native: bool
) -> None:
    loaded(monkeypatch, text, items=None)

    assert detect_host().native_items is native


@pytest.mark.parametrize("text", ["0.0.0", "", None, 7, "unknown"])
def test_host_without_a_version_counts_as_the_newest(monkeypatch: pytest.MonkeyPatch, text: object) -> None:
    loaded(monkeypatch, text, items=True)

    assert detect_host() == Host(NEWEST)


def test_middleware_that_is_not_a_module_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(monkeypatch, "0.12.4", items=None)
    monkeypatch.setitem(sys.modules, "open_webui.utils.middleware", SimpleNamespace())

    assert detect_host().native_items


def test_the_newest_is_assumed_without_a_host() -> None:
    assert detect_host() == Host(NEWEST)
