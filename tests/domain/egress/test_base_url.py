"""The upstream address: keys leave this machine over TLS only."""

import pytest

from domain.egress.base_url import InvalidBaseUrl, checked_base_url, is_loopback


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://upstream.example/api/v1", "https://upstream.example/api/v1"),
        (" https://upstream.example/api/v1// ", "https://upstream.example/api/v1"),
        ("https://upstream.example:8443", "https://upstream.example:8443"),
        ("http://127.0.0.1:8900/api/v1", "http://127.0.0.1:8900/api/v1"),
        ("http://localhost:8900", "http://localhost:8900"),
        ("http://[::1]:8900", "http://[::1]:8900"),
    ],
)
def test_a_usable_address_loses_only_its_trailing_slashes(url, checked):
    assert checked_base_url(url) == checked


@pytest.mark.parametrize(
    "url",
    [
        "",
        "upstream.example",
        "ftp://upstream.example",
        "https://",
        "https:///api",
        "https://upstream.example:99999",
        "https://[::1",
        "https://user:pass@upstream.example",
        "https://@upstream.example",
        "https://upstream.example/?key=x",
        "https://upstream.example/api?",
        "https://upstream.example/#x",
        "https://upstream.example/a b",
        "https://upstream.example/\nx",
        "http://upstream.example",
        "http://10.0.0.1",
        "http://127.0.0.1.upstream.example",
        "http://localhost.upstream.example",
    ],
)
def test_an_address_that_must_not_be_used_is_refused(url):
    with pytest.raises(InvalidBaseUrl):
        checked_base_url(url)


def test_plain_http_is_allowed_to_a_host_that_was_named():
    hosts = frozenset({"gateway.internal"})
    assert checked_base_url("http://Gateway.Internal:80/v1", hosts) == "http://Gateway.Internal:80/v1"


def test_naming_a_host_allows_no_other():
    with pytest.raises(InvalidBaseUrl):
        checked_base_url("http://other.internal", frozenset({"gateway.internal"}))


@pytest.mark.parametrize("url", ["https://user:secret@upstream.example", "https://upstream.example/?key=secret"])
def test_the_reason_holds_no_secret(url):
    with pytest.raises(InvalidBaseUrl) as caught:
        checked_base_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("127.1", False),
        ("a.example", False),
    ],
)
def test_this_machine_is_known_by_its_usual_names(host, own):
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    "host",
    [
        *(
            "xn--",
            "xn--a",
            "a..b",
            ".",
            "..",
            "exa%41mple",
            "*.example",
            "<host>",
            "$HOST",
            "${HOST}",
            "1.2.3",
            "999.1.1.1",
            "0x7f000001",
            "1.2.3.0x4",
        ),
        *("a" * 64, ".".join(["a" * 60] * 5), "[::g]", "[v1.x]", "b\u00fc..de", "\u2603.\ufffd\u0000"),
    ],
)
def test_a_host_that_cannot_exist_is_refused_by_name(host):
    with pytest.raises(InvalidBaseUrl):
        checked_base_url(f"https://{host}/")


@pytest.mark.parametrize(
    "host",
    [
        "my_gateway",
        "b\u00fccher.example",
        "xn--bcher-kva.example",
        "xn--strae-oqa.example",
        "example.",
        "10.0.0.1",
        "a-b",
    ],
)
def test_a_host_that_may_exist_is_taken(host):
    assert checked_base_url(f"https://{host}/v1") == f"https://{host}/v1"
