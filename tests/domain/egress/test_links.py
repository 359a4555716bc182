"""The gate for addresses."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.egress.links import EVERY_HTTPS, LinkGate, title_of
from ports.pictures import LONGEST_PICTURE, picture_data
from tests.hostile_forms import ADDRESSES, HARMLESS, PIXEL
from tests.tables import each

STARTS = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff\xe0",
    "gif": b"GIF89a",
    "webp": b"RIFF\x00\x00\x00\x00WEBP",
}


@each("url", ADDRESSES.values(), ids=ADDRESSES)
def test_no_hostile_address_passes(url: str) -> None:
    assert (EVERY_HTTPS.link(url), EVERY_HTTPS.picture(url), EVERY_HTTPS.file(url)) == ("", "", "")


@pytest.mark.parametrize("url", HARMLESS.values(), ids=HARMLESS)
def test_addresses_of_the_web_pass_unchanged(url: str) -> None:
    assert EVERY_HTTPS.link(url) == url


def test_plain_http_passes_to_hosts_the_operator_named_and_no_others() -> None:
    gate = LinkGate(frozenset({"wiki.lan"}))
    assert gate.link("http://wiki.lan/page") == "http://wiki.lan/page"
    assert gate.link("http://wiki.lan:8080/") == "http://wiki.lan:8080/"
    assert gate.link("http://wiki.lan.evil.test/") == gate.link("http://localhost/") == ""


@pytest.mark.parametrize("scheme", ["javascript", "data", "vbscript", "file", "ftp", "blob", "HTTP", "http:javascript"])
def test_a_host_that_the_operator_named_is_reached_by_http_and_nothing_else(scheme: str) -> None:
    gate = LinkGate(frozenset({"wiki.lan"}))
    url = f"{scheme}://wiki.lan/%0aalert(1)"
    assert (gate.link(url), gate.file(url), gate.picture(url)) == ("", "", "")


def test_files_of_the_host_are_files_and_no_links() -> None:
    for path in ("/api/v1/files/1b-2/content", "/api/v1/files/1", "/cache/image/generations/a.png"):
        assert (EVERY_HTTPS.file(path), EVERY_HTTPS.picture(path), EVERY_HTTPS.link(path)) == (path, path, "")


@pytest.mark.parametrize("kind", STARTS)
def test_a_picture_passes_only_as_the_kind_it_is(kind: str) -> None:
    data = b64encode(STARTS[kind] + b"rest").decode()
    passed = [declared for declared in STARTS if EVERY_HTTPS.picture(f"data:image/{declared};base64,{data}")]
    assert passed == [kind]
    assert picture_data("", data) == f"data:image/{kind};base64,{data}"


def test_a_picture_loses_what_its_address_says_beside_the_kind() -> None:
    url = f"data:image/png;charset=utf-8;name=a.png;base64,{PIXEL}"
    assert EVERY_HTTPS.picture(url) == f"data:image/png;base64,{PIXEL}"


def test_a_picture_is_bounded() -> None:
    assert picture_data("image/png", PIXEL[:-4] + "A" * LONGEST_PICTURE) == ""


@given(st.text() | st.text(alphabet="https:/@\\.%&#;\t\n\u200baе[]1x"))
def test_what_passes_has_the_form_of_an_address_of_the_web(text: str) -> None:
    for url in (text, f"https://{text}"):
        passed = EVERY_HTTPS.link(url)
        assert passed in ("", url)
        authority = passed.removeprefix("https://").partition("/")[0].partition("?")[0].partition("#")[0]
        assert not set(authority) & set("@\\%[") or authority.startswith("[")


@given(st.text())
def test_a_title_without_link_is_one_line_that_is_no_address(text: str) -> None:
    for title in (text, f"http://{text}", f" //{text}", f"HTTPS:https:{text}"):
        shown = title_of(title, "")
        assert shown == "" or shown.isprintable()
        assert not shown.lower().startswith(("http:", "https:", "//", "/"))
        assert len(shown) <= 200
