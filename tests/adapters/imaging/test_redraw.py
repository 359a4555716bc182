"""Icons are redrawn small, and nothing that means harm costs more than a look at its bytes."""

import sys
from io import BytesIO
from types import ModuleType

import pytest
from PIL import Image

from adapters.imaging.redraw import LONGEST_SVG, MOST_CLIPS, LibraryPictures
from ports.offload import LARGE
from ports.pictures import picture_kind
from tests.doubles.offload import InlineOffload

SVG = b'<?xml version="1.0"?>\n<!-- logo -->\n<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>'

CLIPPED = b"<svg>" + b"<path fill='url(#b)' clip-path='url(#a)'/>" * MOST_CLIPS + b"</svg>"


def picture(kind: str, width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), (200, 10, 10)).save(out, kind)
    return out.getvalue()


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(content)) as image:
        return image.size


@pytest.fixture
def pictures():
    return LibraryPictures(InlineOffload())


class Drawing:
    """A module in place of CairoSVG, which needs a library of the system."""

    def __init__(self) -> None:
        self.calls: list[dict[str, object]] = []

    def convert(self, content: bytes, **named: object) -> bytes:
        self.calls.append({"content": content, **named})
        return picture("PNG", 250, 250)


@pytest.fixture
def drawing(monkeypatch):
    drawing, package, module = Drawing(), ModuleType("cairosvg"), ModuleType("cairosvg.surface")
    module.__dict__["PNGSurface"] = drawing
    monkeypatch.setitem(sys.modules, "cairosvg", package)
    monkeypatch.setitem(sys.modules, "cairosvg.surface", module)
    return drawing


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_a_large_picture_becomes_a_small_png_of_the_same_shape(pictures, kind):
    small = await pictures.png(picture(kind, 1000, 500), 250)
    assert (picture_kind(small), size_of(small)) == ("png", (250, 125))


async def test_a_small_picture_keeps_its_size(pictures):
    assert size_of(await pictures.png(picture("PNG", 32, 16), 250)) == (32, 16)


async def test_redrawing_never_runs_on_the_event_loop():
    offload = InlineOffload()
    await LibraryPictures(offload).png(picture("PNG", 8, 8), 250)
    assert offload.sizes[0] >= LARGE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"<html></html>",
        picture("PNG", 9, 9)[:40],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        picture("BMP", 9, 9),
    ],
    ids=["nothing", "text", "page", "cut off", "damaged", "another kind"],
)
async def test_what_is_no_picture_of_the_known_kinds_gives_none(pictures, content):
    assert await pictures.png(content, 250) == b""


async def test_a_picture_with_too_many_pixels_is_not_unpacked(pictures):
    assert await pictures.png(picture("PNG", 5000, 5000), 250) == b""


async def test_without_pillow_there_is_none(pictures, monkeypatch):
    content = picture("PNG", 9, 9)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert await pictures.png(content, 250) == b""


async def test_without_cairosvg_there_is_no_svg(pictures, monkeypatch):
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    assert await pictures.png(SVG, 250) == b""


@pytest.mark.parametrize(
    "content", [SVG, b"\xef\xbb\xbf" + SVG, b"<svg/>", b"<!--><-->" * 9 + b"\n<!---->\n<svg/>", CLIPPED]
)
async def test_a_simple_svg_is_drawn_in_a_square_and_loads_nothing(pictures, drawing, content):
    assert picture_kind(await pictures.png(content, 250)) == "png"
    (call,) = drawing.calls
    assert (call["content"], call["output_width"], call["output_height"]) == (content, 250, 250)
    with pytest.raises(PermissionError):
        call["url_fetcher"]("https://files.example/x")


@pytest.mark.parametrize(
    "inside",
    [
        b"<use href='#a'/>",
        b"<svg:use href='#a'/>",
        b"<image href='https://127.0.0.1/'/>",
        b"<pattern id='a'/>",
        b"<filter id='a'/>",
        b"<script>1</script>",
        b"<style>@import url(https://127.0.0.1/)</style>",
        b"<path fill='url(https://127.0.0.1/)'/>",
        b"<foreignObject/>",
        b"<path stroke-dasharray='0.00001' d='M0 0L100 100'/>",
        b"<path style='stroke-dash&#97;rray:0.00001' d='M0 0L100 100'/>",
        b"<path style='stroke-d\\61 sharray:0.00001' d='M0 0L100 100'/>",
        b"<text><tref href='#a'/></text>",
        b"<path clip-path='url(#a)'/>" * (MOST_CLIPS + 1),
        b"x" * LONGEST_SVG,
    ],
)
async def test_an_svg_that_loads_or_multiplies_something_is_not_drawn(pictures, drawing, inside):
    assert await pictures.png(b"<svg>" + inside + b"</svg>", 250) == b""
    assert drawing.calls == []


@pytest.mark.parametrize("repeated", [b"<!---->", b" ", b"<!--", b"<?xml>"])
async def test_what_only_begins_like_an_svg_is_read_once(pictures, drawing, repeated):
    """A pattern with a choice at every comment or blank takes for ever."""
    assert await pictures.png(repeated * (LONGEST_SVG // len(repeated)), 250) == b""
    assert drawing.calls == []


@pytest.mark.parametrize("before", [b"<!DOCTYPE svg [<!ENTITY a 'aaa'>]>", b"<!DOCTYPE svg>"])
async def test_an_svg_with_entities_is_not_drawn(pictures, drawing, before):
    assert await pictures.png(before + SVG, 250) == b""
    assert drawing.calls == []
