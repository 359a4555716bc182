"""Tool results in every form that hosts know, and in unexpected forms."""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.openwebui.host_tools import HostTool, Kind
from adapters.openwebui.tool_findings import MOST_BYTES
from adapters.openwebui.tool_results import MOST_TEXT, PAGE_LEFT_OUT, PAGE_SHOWN, result_of, weight_of
from ports.toolbox import Failure, ToolPage, ToolResult, ToolSource, ToolSpec

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
DATA = b64encode(PNG).decode()
IMAGE = f"data:image/png;base64,{DATA}"


def read(value: object, kind: Kind = Kind.WORKSPACE, name: str = "tool", **arguments: Any) -> ToolResult:
    return result_of(HostTool(ToolSpec(name, "", {}, kind.value), kind), arguments, value)


class Response:
    """A web response as tools return it."""

    def __init__(self, body: bytes, headers: dict[str, str] | None = None, *, status_code: int = 200) -> None:
        self.body, self.status_code, self.headers = body, status_code, headers or {}


@dataclass
class Place:
    """A value with fields."""

    city: str


class Torn:
    """A value that cannot be read."""

    def model_dump(self) -> None:
        raise RuntimeError("torn")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        (7, "7"),
        (0, "0"),
        (False, "false"),
        ({"a": [1, "ü"]}, '{"a": [1, "ü"]}'),
        ([1, {"b": None}], '[1, {"b": null}]'),
        (("a", 2), '["a", 2]'),
        (b"bytes", "bytes"),
        (Place("Oslo"), '{"city": "Oslo"}'),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ([{"type": "input_text", "text": "said"}], "said"),
        (Response(b"<b>hi</b>"), "<b>hi</b>"),
        (Torn(), "[unreadable: Torn, RuntimeError]"),
    ],
)
def test_a_result_is_written_as_the_model_reads_it(value: object, text: str) -> None:
    assert read(value) == ToolResult(text)


@pytest.mark.parametrize("value", ["bad \ud800 half", {"k\udfff": "\ud83d"}], ids=["text", "mapping"])
def test_lone_surrogates_are_replaced(value: object) -> None:
    read(value).text.encode()


def test_a_cycle_is_cut() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert "left out" in read(cycle).text


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (IMAGE, Kind.WORKSPACE),
        ([{"type": "image", "data": DATA, "mimeType": "image/png"}], Kind.MCP),
        ([{"type": "image_url", "image_url": {"url": IMAGE}}], Kind.WORKSPACE),
        ([{"type": "input_image", "image_url": IMAGE}], Kind.WORKSPACE),
        ([{"type": "resource", "resource": {"uri": "a://b", "blob": DATA, "mimeType": "image/png"}}], Kind.MCP),
        ({"picture": IMAGE}, Kind.WORKSPACE),
        ((IMAGE, {"Content-Type": "image/png"}), Kind.OPENAPI),
    ],
)
def test_an_image_is_moved_out_of_the_text(value: object, kind: Kind) -> None:
    result = read(value, kind)
    assert result.images == (IMAGE,)
    assert "[image 1]" in result.text
    assert DATA not in result.text


def test_bytes_of_an_image_are_an_image() -> None:
    assert read(PNG).images[0].startswith("data:image/png;base64,iVBOR")


def test_images_are_limited_in_number_and_size() -> None:
    many = read([IMAGE] * 20)
    assert len(many.images) == 8
    assert "left out" in many.text
    assert read(IMAGE + "A" * 30_000_000).images == ()


@pytest.mark.parametrize(
    ("value", "mime"),
    [
        ([{"type": "audio", "data": "AAA", "mimeType": "audio/wav"}], "audio/wav"),
        ("data:application/pdf;base64,AAA!", "application/pdf"),
        (b"\xff\xfe", "application/octet-stream"),
        ("data:text/html;base64,PHNjcmlwdD4=", "text/html"),
        ({"page": "data:text/html;base64,PHNjcmlwdD4="}, "text/html"),
        ("data:image/svg+xml;base64,PHN2Zz4=", "image/svg+xml"),
        (f"data:image/gif;base64,{DATA}", "image/gif"),
        ([{"type": "resource", "resource": {"uri": "a://b", "blob": "AAAA", "mimeType": "text/html"}}], "text/html"),
    ],
)
def test_other_media_are_named_in_the_text_and_not_shown(value: object, mime: str) -> None:
    result = read(value, Kind.MCP)
    assert (result.images, result.files, result.pages) == ((), (), ())
    assert f"{mime} left out" in result.text


@pytest.mark.parametrize(
    ("value", "url", "name"),
    [
        ([{"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}], "data:audio/wav;base64,AAAA", "file.wav"),
        ("data:application/pdf;base64,AAAA", "data:application/pdf;base64,AAAA", "file.pdf"),
        (b"%PDF-\xff", "data:application/pdf;base64,JVBERi3/", "file.pdf"),
        (
            [{"type": "resource", "resource": {"uri": "a://b/sum.csv", "blob": "AAAA", "mimeType": "text/csv"}}],
            "data:text/csv;base64,AAAA",
            "sum.csv",
        ),
    ],
)
def test_files_of_well_known_types_are_named_in_the_text_and_taken_out(value: object, url: str, name: str) -> None:
    result = read(value, Kind.MCP)
    (file,) = result.files
    assert (file.url, file.name) == (url, name)
    assert result.text == f"[file {name} {file.mime}]"


def test_an_image_stored_in_the_host_is_a_file_hidden_from_the_model() -> None:
    result = read([{"type": "image_url", "image_url": {"url": "/api/v1/files/1/content"}}])
    assert (result.images, result.files[0].url) == ((), "/api/v1/files/1/content")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Response(b"<b>hi</b>", {"Content-Disposition": "inline"}), Kind.WORKSPACE),
        (("<b>hi</b>", {"content-disposition": "inline", "content-type": "text/html"}), Kind.OPENAPI),
        (["<b>hi</b>", {"Content-Disposition": "inline", "Content-Type": "text/html"}], Kind.DIRECT),
    ],
)
def test_a_page_to_show_is_html_and_a_note(value: object, kind: Kind) -> None:
    result = read(value, kind)
    assert (result.text, result.pages, result.files) == (PAGE_SHOWN, (ToolPage("<b>hi</b>"),), ())


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Response(b"<b>hi</b>", {"Content-Disposition": 'attachment; filename="inline.html"'}), Kind.WORKSPACE),
        (Response(b"<b>hi</b>", {"Content-Disposition": "inline", "Content-Type": "text/plain"}), Kind.WORKSPACE),
        (("<b>hi</b>", {"content-type": "text/html"}), Kind.OPENAPI),
        (("<b>hi</b>", {"content-disposition": "inline", "content-type": "text/html"}), Kind.MCP),
        ("<b>hi</b>", Kind.WORKSPACE),
    ],
)
def test_a_page_that_the_tool_did_not_mark_is_text(value: object, kind: Kind) -> None:
    result = read(value, kind)
    assert (result.pages, result.files) == ((), ())
    assert "<b>hi</b>" in result.text


def test_a_page_too_large_to_show_is_named() -> None:
    page = Response(b"x" * (MOST_BYTES + 1), {"Content-Disposition": "inline"})
    assert (read(page).text, read(page).pages) == (PAGE_LEFT_OUT, ())


def test_the_text_about_a_page_goes_to_the_model() -> None:
    page = Response(b"<b>hi</b>", {"content-disposition": "inline"})
    assert read((page, {"rows": 3})).text == '{"rows": 3}'


def test_a_page_at_an_address_is_shown_from_there() -> None:
    headers = {"Content-Disposition": "inline", "Location": "https://charts.example/1"}
    assert read(({}, headers), Kind.OPENAPI).pages == (ToolPage(url="https://charts.example/1"),)


def test_headers_of_a_tool_server_are_not_shown_to_the_model() -> None:
    assert read(({"t": 21}, {"x-key": "secret"}), Kind.OPENAPI).text == '{"t": 21}'


@pytest.mark.parametrize("value", ["Error: none", {"error": "none"}, '{"error": "none"}', "HTTP error! Status: 500"])
def test_a_result_that_contains_an_error_has_failed(value: object) -> None:
    assert read(value).failed
    assert read(value).failure is Failure.SAID


@pytest.mark.parametrize("value", ["Errors are rare", {"error": None}, {"errors": 1}, '{"error": '])
def test_a_result_that_only_mentions_errors_has_not_failed(value: object) -> None:
    assert not read(value).failed


def test_a_long_text_is_cut_and_says_so() -> None:
    result = read("x" * (MOST_TEXT + 10))
    assert result.text.endswith(f"[cut: {MOST_TEXT} of {MOST_TEXT + 10} characters]")


FOUND = [
    {"title": "One", "link": "https://one.example/a", "snippet": "first"},
    {"name": "Two", "url": "https://two.example"},
    {"title": "Plain", "url": "http://plain.example"},
    {"url": "https://nothing.example"},
    {"title": "Path", "url": "/files/1"},
]
SOURCES = (
    ToolSource("https://one.example/a", "One", "first"),
    ToolSource("https://two.example", "Two"),
    ToolSource("http://plain.example", "Plain"),
)
"""As the tool named them; whether a reader may open an address is judged later."""


@pytest.mark.parametrize(
    "value", [FOUND, {"results": FOUND}, json.dumps(FOUND), [{"type": "text", "text": json.dumps(FOUND)}]]
)
def test_pages_named_in_a_result_are_sources(value: object) -> None:
    assert read(value).sources == SOURCES


def test_sources_are_limited_and_named_once() -> None:
    pages = [{"title": f"P{n % 40}", "url": f"https://p.example/{n % 40}"} for n in range(200)]
    assert len(read(pages).sources) == 15


def test_the_page_a_builtin_tool_fetched_is_a_source() -> None:
    fetched = read("text of the page", Kind.BUILTIN, "fetch_url", url="https://page.example")
    assert fetched.sources == (ToolSource("https://page.example", "https://page.example"),)


def test_the_weight_of_a_value_is_counted_up_to_a_limit() -> None:
    assert weight_of({"a": "x" * 100}, 1000) >= 100
    assert weight_of(["x" * 10] * 10_000_000, 1000) < 3000
    assert weight_of(Response(b"x" * 500), 1000) >= 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from(Kind))
@settings(max_examples=150, deadline=None)
def test_no_value_raises_while_it_is_read(value: object, kind: Kind) -> None:
    result = read(value, kind)
    result.text.encode()
    assert len(result.sources) <= 15
