"""Which URLs are downloaded: plain spellings of public hosts over https, and what the operator allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.egress.targets import LONGEST_URL, EgressRules, Target, UrlFlaw, addresses_admitted, checked_url, next_url
from tests.tables import each

USUAL = EgressRules()


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://files.example/a.png", "https://files.example/a.png"),
        ("https://files.example", "https://files.example/"),
        ("HTTPS://Files.Example:443/A?b=c#d", "https://files.example/A?b=c"),
        ("https://files.example?x=1", "https://files.example/?x=1"),
        ("https://xn--bcher-kva.example/x", "https://xn--bcher-kva.example/x"),
        ("https://xn--strae-oqa.example/x", "https://xn--strae-oqa.example/x"),
        ("https://my_files.example/x", "https://my_files.example/x"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:4700:0:0::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://files.example/a%20b/\u00fc?q=%C3%BC", "https://files.example/a%20b/%C3%BC?q=%C3%BC"),
        ('https://files.example/"<x>', "https://files.example/%22%3Cx%3E"),
        ("https://files.example/a@b:c", "https://files.example/a@b:c"),
        ("https://files.example/../../etc", "https://files.example/../../etc"),
    ],
)
def test_a_usual_url_is_asked_for_as_it_is_written(url, asked):
    target = checked_url(url, USUAL)
    assert isinstance(target, Target)
    assert (target.url, target.port) == (asked, 443)


@pytest.mark.parametrize(
    "url",
    [
        *("", "files.example", "//files.example", "https:", "https://", "https:///x", "https:/files.example/x"),
        *(
            "https:files.example",
            "ftp://files.example",
            "file:///etc/passwd",
            "data:text/plain,x",
            "gopher://a.example",
        ),
        *("javascript:alert(1)", "https://files.example/a b", "https://files.example/\n", "https://files.example/\tx"),
        *("https://files.example\\@evil.example/", "ht\ntps://files.example", " https://files.example"),
        *("https://files.example/\u200bx", "https://files.example/\udc80", "x" * (LONGEST_URL + 1)),
    ],
)
def test_a_text_that_is_no_url_is_refused(url):
    assert checked_url(url, USUAL) is UrlFlaw.NO_URL


@pytest.mark.parametrize("url", ["https://u@files.example/", "https://u:p@files.example/", "https://@files.example/"])
def test_a_url_with_user_info_is_refused(url):
    assert checked_url(url, USUAL) is UrlFlaw.USER_INFO


@each(
    "host",
    [
        *("127.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.0x1", "1.2.3"),
        *(
            "\uff11\uff12\uff17.0.0.1",
            "\u2460\u2461\u2466.0.0.1",
            "127\u30020\u30020\u30021",
            "\u0967\u0968\u096d.0.0.1",
        ),
        *(
            "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
            "127%2e0%2e0%2e1",
            "%31%32%37.0.0.1",
            "localhost%00",
        ),
        *("127.0.0.1.", "files.example.", "files.example..", ".", "a..b", "*.example", "xn--a", "a" * 64),
        *("[::ffff:127.0.0.1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[127.0.0.1]", "[localhost]", "[v1.a]", "[::1"),
        *("::1]", "[::1]x", "[::1]x:80", "[[::1]]", "::1", "b\u00fccher.example", "a,b", "a;b"),
        *("999.1.1.1", "127.0.0.1:80:80", "127.0.0.1:x", "127.0.0.1:+80", "127.0.0.1:\uff18\uff10", "1.1.1.1:123456"),
    ],
)
def test_an_odd_spelling_of_a_host_is_refused(host):
    assert checked_url(f"https://{host}/x", USUAL) is UrlFlaw.BAD_HOST


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "[::ffff:7f00:1]", "169.254.169.254", "0.0.0.0"])
def test_an_address_that_is_not_public_is_refused_without_a_lookup(host):
    assert checked_url(f"https://{host}/x", USUAL) is UrlFlaw.NOT_PUBLIC


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "a.localhost", "files.internal", "printer.local", "router.home.arpa", "files"),
        *(
            "metadata.google.internal",
            "metadata",
            "metadata.goog",
            "instance-data.ec2.internal",
            "localhost.localdomain",
        ),
    ],
)
def test_a_name_of_a_private_network_is_refused_without_a_lookup(host):
    assert checked_url(f"https://{host}/x", USUAL) is UrlFlaw.NOT_PUBLIC


def test_plain_http_needs_a_host_that_was_named():
    rules = EgressRules(http_hosts=frozenset({"a.example", "b.example:8080", "[2606:4700::1111]"}))
    asked = {
        url: checked_url(url, rules)
        for url in (
            *("http://a.example/x", "http://b.example:8080/x", "http://[2606:4700::1111]/x"),
            *("http://c.example/x", "http://b.example/x", "http://a.example.evil.example/x", "http://a.example:8080/x"),
        )
    }
    assert [each for each in asked.values() if isinstance(each, UrlFlaw)] == [UrlFlaw.PLAIN_HTTP] * 3 + [UrlFlaw.PORT]
    assert checked_url("http://a.example/x", USUAL) is UrlFlaw.PLAIN_HTTP


@pytest.mark.parametrize("port", [80, 8443, 22, 25, 6379, 65535])
def test_another_port_is_refused(port):
    assert checked_url(f"https://files.example:{port}/x", USUAL) is UrlFlaw.PORT


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_an_impossible_port_is_refused(port):
    assert checked_url(f"https://files.example:{port}/x", EgressRules(ports=frozenset({0, 65536}))) is UrlFlaw.PORT


def test_an_allowed_port_stays_in_the_url():
    target = checked_url("https://files.example:8443/x", EgressRules(ports=frozenset({8443})))
    assert target == Target("https://files.example:8443/x", "files.example", 8443)


def test_listed_private_hosts_are_admitted_at_private_addresses_and_nowhere_else():
    rules = EgressRules(private_hosts=frozenset({"files.internal", "10.0.0.7", "[fd12::7]:8443"}))
    for url in ("https://files.internal/x", "https://10.0.0.7/x", "https://[fd12::7]:8443/x"):
        assert isinstance(checked_url(url, rules), Target)
    for url in ("https://other.internal/x", "https://10.0.0.8/x", "https://[fd12::7]/x", "https://127.0.0.1/x"):
        assert checked_url(url, rules) is UrlFlaw.NOT_PUBLIC
    target = checked_url("https://files.internal/x", rules)
    assert isinstance(target, Target)
    assert addresses_admitted(target, ["10.0.0.7", "8.8.8.8"], rules)
    assert not addresses_admitted(target, ["10.0.0.7"], USUAL)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "::ffff:a00:1"]
)
def test_metadata_services_and_tunnels_are_not_admitted_even_if_listed(address):
    bracketed = f"[{address}]" if ":" in address else address
    rules = EgressRules(private_hosts=frozenset({address, bracketed, "files.example", "metadata.google.internal"}))
    assert checked_url(f"https://{bracketed}/x", rules) is UrlFlaw.NOT_PUBLIC
    assert checked_url("https://metadata.google.internal/x", rules) is UrlFlaw.NOT_PUBLIC
    assert not addresses_admitted(Target("https://files.example/", "files.example", 443), [address], rules)


@pytest.mark.parametrize("addresses", [[], ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["x"]])
def test_every_address_of_a_host_must_be_public(addresses):
    target = Target("https://files.example/", "files.example", 443)
    assert addresses_admitted(target, ["8.8.8.8", "2606:4700::1111"], USUAL)
    assert not addresses_admitted(target, addresses, USUAL)


def test_the_origin_of_a_configured_address_is_trusted_and_no_other():
    rules = USUAL.trusting("http://127.0.0.1:8900/api/v1")
    assert isinstance(checked_url("http://127.0.0.1:8900/images/a.png", rules), Target)
    for url in ("http://127.0.0.1:8901/a", "http://127.0.0.2:8900/a", "https://127.0.0.1/a", "https://a.example:8900/"):
        assert isinstance(checked_url(url, rules), UrlFlaw)
    assert USUAL.trusting("nonsense") == USUAL


@pytest.mark.parametrize(
    ("location", "following"),
    [
        ("/b", "https://files.example/b"),
        ("c.png?x", "https://files.example/a/c.png?x"),
        ("//other.example/x", "https://other.example/x"),
        ("http://127.0.0.1/", "http://127.0.0.1/"),
        ("?q", "https://files.example/a/b?q"),
        ("", ""),
        ("/a b", ""),
        ("\\\\evil.example", ""),
        ("http://[::1", ""),
        ("/" * (LONGEST_URL + 1), ""),
    ],
)
def test_a_redirect_is_read_relative_to_the_url_it_answers(location, following):
    assert next_url(Target("https://files.example/a/b", "files.example", 443), location) == following


@given(st.text(max_size=80))
def test_any_text_is_judged_without_an_error_and_stays_itself_once_checked(text):
    for url in (text, f"https://{text}", f"https://files.example/{text}"):
        target = checked_url(url, USUAL)
        if isinstance(target, Target):
            assert checked_url(target.url, USUAL) == target
            assert target.url.isascii()
    assert isinstance(next_url(Target("https://files.example/", "files.example", 443), text), str)
