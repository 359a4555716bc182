"""Base64 of media, read and written in pieces."""

import re
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.encoded import WrongBase64, bytes_in, decoded, decoded_leniently, encoded, head_of

PIECES = st.integers(1, 50)


@given(st.binary(max_size=200), PIECES, st.text(max_size=10))
def test_what_is_written_is_read(content: bytes, piece: int, head: str) -> None:
    text = encoded(content, head, piece)
    assert text == head + b64encode(content).decode()
    assert decoded(text, len(head), piece) == content
    assert len(content) <= bytes_in(text, len(head)) <= len(content) + 2


@given(st.binary(min_size=1, max_size=60), st.integers(0, 80), st.sampled_from("=!- \u00e9\n\0"), PIECES)
def test_foreign_characters_are_refused_wherever_they_are(content: bytes, at: int, letter: str, piece: int) -> None:
    good = b64encode(content).decode()
    at = min(at, len(good) - 1)
    bad = good[:at] + letter + good[at + 1 :]
    if bad != good and not (letter == "=" and at >= len(good.rstrip("=")) - 1):
        with pytest.raises(WrongBase64):
            decoded(bad, 0, piece)


@pytest.mark.parametrize("text", ["AAA", "A", "====", "AA==AAAA", "AAAA=", "AA=A"])
def test_base64_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(WrongBase64):
        decoded(text, 0, 3)


@given(st.binary(max_size=100), PIECES)
def test_other_spellings_are_read(content: bytes, piece: int) -> None:
    standard = b64encode(content).decode()
    loose = "\r\n ".join(standard.rstrip("=").replace("+", "-").replace("/", "_"))
    assert decoded_leniently(f"x,{loose}", 2, piece) == content
    assert decoded_leniently(f"{standard}\n", 0, piece) == content
    assert decoded_leniently(standard + "=" * 9, 0, piece) == content


@given(st.text("ABab09+/-_=\n !", max_size=24), PIECES)
def test_a_loose_spelling_reads_alike_in_pieces_of_any_size(text: str, piece: int) -> None:
    def read(piece: int) -> bytes | None:
        try:
            return decoded_leniently(text, 0, piece)
        except WrongBase64:
            return None

    plain = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    assert read(piece) == read(100)
    assert (read(100) is not None) == (re.fullmatch("[A-Za-z0-9+/]*", plain) is not None and len(plain) % 4 != 1)


@pytest.mark.parametrize(
    ("text", "mime"),
    [
        ("data:image/png;base64,AAAA", "image/png"),
        ("DATA:image/PNG;charset=x;BASE64,AAAA", "image/PNG;charset=x"),
        ("data:;base64,", ""),
        ("data:image/svg+xml,<svg/>", None),
        ("data:image/png;base64", None),
        ("https://a.example/;base64,AAAA", None),
        ("", None),
    ],
)
def test_head_of_a_data_url(text: str, mime: str | None) -> None:
    head = head_of(text)
    assert (head.mime if head else None) == mime
    assert head is None or text[head.start - 1] == ","
