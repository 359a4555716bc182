"""The contract of every Sniffer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sniff.first_bytes import FirstBytes
from adapters.sniff.magic import MagicSniffer
from ports.sniffer import Sniffer
from tests.examples_media import HEIC, MOV, MP3, MP4, MPEG, OGG, PAGE, PDF, PICTURES, SVG, TAGGED_MP3, WAV, WEBM

SNIFFERS: tuple[Sniffer, ...] = (FirstBytes(), MagicSniffer())
every = pytest.mark.parametrize("sniffer", SNIFFERS, ids=lambda one: type(one).__name__)
KINDS = {
    **PICTURES,
    "application/pdf": PDF,
    "audio/mpeg": MP3,
    "audio/wav": WAV,
    "video/mp4": MP4,
    "video/quicktime": MOV,
    "video/webm": WEBM,
    "video/mpeg": MPEG,
    "image/heic": HEIC,
}


@every
@pytest.mark.parametrize(("mime", "content"), KINDS.items(), ids=KINDS)
def test_kind_is_recognised_by_its_bytes_alone(sniffer: Sniffer, mime: str, content: bytes) -> None:
    for name in ("", "wrong.exe", "a.png"):
        assert sniffer.mime(content, name) == mime
        assert sniffer.mime(content[:64], name) == mime


@every
def test_mp3_with_a_tag_is_recognised(sniffer: Sniffer) -> None:
    assert sniffer.mime(TAGGED_MP3, "") == "audio/mpeg"


@every
@pytest.mark.parametrize(
    "content", [b"", b"a", b"hello, people\n", b"\xff\xfe\0\0", b"\xff\xf1\x50\x80", b"RIFF\0\0\0\0AVI "]
)
def test_other_bytes_are_none_of_them(sniffer: Sniffer, content: bytes) -> None:
    assert sniffer.mime(content, "a.png") not in KINDS


@every
@given(content=st.binary(max_size=200), name=st.text(max_size=20))
def test_any_bytes_under_any_name_raise_nothing(sniffer: Sniffer, content: bytes, name: str) -> None:
    assert isinstance(sniffer.mime(content, name), str)


@pytest.mark.parametrize(("content", "mime"), [(PAGE, "text/html"), (SVG, "image/svg+xml"), (OGG, "audio/ogg")])
def test_library_recognises_more_kinds(content: bytes, mime: str) -> None:
    assert MagicSniffer().mime(content, "") == mime


def test_common_kinds_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "puremagic", None)
    sniffer = MagicSniffer()
    assert {mime: sniffer.mime(content, "") for mime, content in KINDS.items()} == {mime: mime for mime in KINDS}
    assert sniffer.mime(OGG, "") == ""
