"""Base64 of media, read and written in pieces."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.data_urls import WrongBase64, bytes_in, decoded, encoded, head_of, mended

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
def test_other_spellings_are_mended(content: bytes, piece: int) -> None:
    standard = b64encode(content).decode()
    loose = "\r\n ".join(standard.rstrip("=").replace("+", "-").replace("/", "_"))
    assert mended(f"x,{loose}", 2, piece) == standard


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
