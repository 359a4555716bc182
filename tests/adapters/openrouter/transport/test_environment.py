"""Certificates and proxies come from the process environment only."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from adapters.openrouter.transport.environment import read_environment

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def proxy(telemetry, address):
    return read_environment(telemetry).proxy_for(URL(address))


def test_without_variables_the_connection_is_direct(telemetry):
    assert proxy(telemetry, "https://upstream.test/") is None


def test_the_proxy_of_the_scheme_is_used(telemetry, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    assert proxy(telemetry, "https://upstream.test/") == "http://proxy.test:3128"
    assert proxy(telemetry, "http://upstream.test/") is None


def test_a_proxy_for_all_schemes_is_used(telemetry, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "proxy.test:3128")
    assert proxy(telemetry, "https://upstream.test/") == "http://proxy.test:3128"


@pytest.mark.parametrize("exempt", ["upstream.test", ".test", "upstream.test:443", "*"])
def test_exempt_hosts_are_reached_directly(telemetry, monkeypatch, exempt):
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", exempt)
    assert proxy(telemetry, "https://upstream.test/") is None


def test_an_unsupported_kind_of_proxy_is_reported_once_and_ignored(telemetry, monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://user:secret@proxy.test:1080")
    assert proxy(telemetry, "https://upstream.test/") is None
    [told] = telemetry.named("proxy_unsupported")
    assert "secret" not in repr(told)


def test_an_unreadable_certificate_bundle_is_reported(telemetry, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    read_environment(telemetry)
    assert telemetry.named("certificates_unreadable")


def test_the_password_of_a_proxy_is_in_no_repr(telemetry, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.test:3128")
    assert "secret" not in repr(read_environment(telemetry))


@pytest.fixture
def certificates(monkeypatch, tmp_path):
    """A file of certificates of its own, so that the system's do not matter."""
    system = ssl.get_default_verify_paths()
    found = system.cafile or next(iter(Path(system.capath).glob("*.pem")))
    file = tmp_path / "ca.pem"
    file.write_bytes(Path(found).read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    return file


def test_a_load_takes_over_the_certificates_of_the_one_before_it(telemetry, certificates):
    shared: dict[str, Any] = {}
    first = read_environment(telemetry, shared)
    assert read_environment(telemetry, shared).tls is first.tls
    assert read_environment(telemetry).tls is not first.tls


def test_certificates_that_changed_on_disk_are_read_again(telemetry, certificates):
    shared: dict[str, Any] = {}
    first = read_environment(telemetry, shared)
    certificates.write_bytes(certificates.read_bytes() + b"\n# newer\n")
    assert read_environment(telemetry, shared).tls is not first.tls


def test_another_variable_means_other_certificates(telemetry, certificates, monkeypatch):
    shared: dict[str, Any] = {}
    first = read_environment(telemetry, shared)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates))
    assert read_environment(telemetry, shared).tls is not first.tls


def test_certificates_that_could_not_be_read_are_tried_and_reported_by_every_load(telemetry, certificates, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.with_name("missing.pem")))
    shared: dict[str, Any] = {}
    first = read_environment(telemetry, shared)
    assert read_environment(telemetry, shared).tls is not first.tls
    assert len(telemetry.named("certificates_unreadable")) == 2
