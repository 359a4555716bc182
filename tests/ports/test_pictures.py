"""Pictures as base64: recognised, read to their end, and decoded in pieces."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.pictures import LONGEST_PICTURE, read_picture

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LONG = PNG + bytes(400_000)
JPEG = b"\xff\xd8\xff" + bytes(100)


def encoded(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.mark.parametrize("content", [PNG, LONG, JPEG])
@pytest.mark.parametrize("head", ["", "data:image/{};base64,", "data:;base64,", "data:image/{};name=a.b;base64,"])
def test_a_picture_keeps_its_bytes_in_every_form(content: bytes, head: str) -> None:
    kind = "jpeg" if content is JPEG else "png"
    picture = read_picture(head.format(kind) + encoded(content))
    assert picture is not None
    assert (picture.kind, picture.content()) == (kind, content)
    assert picture.data_url() == f"data:image/{kind};base64,{encoded(content)}"


def test_equal_pictures_have_equal_digests_and_others_do_not() -> None:
    digests = [
        picture.digest
        for text in (encoded(LONG), f"data:image/png;base64,{encoded(LONG)}", encoded(LONG + b"\0"))
        if (picture := read_picture(text)) is not None
    ]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data:image/png;base64,",
        "data:image/png,abc",
        f"data:image/jpeg;base64,{encoded(PNG)}",
        f"data:image/svg+xml;base64,{encoded(b'<svg/>')}",
        encoded(b"<html>"),
        encoded(PNG)[:-1],
        encoded(PNG) + '"><x',
        encoded(LONG)[:200_000] + "!!!!" + encoded(LONG)[200_004:],
        encoded(PNG)[:40] + "==" + encoded(PNG)[42:],
    ],
)
def test_what_is_no_whole_picture_is_none(text: str) -> None:
    assert read_picture(text) is None


def test_a_picture_is_bounded_and_whoever_stores_it_sets_the_bound() -> None:
    text = encoded(PNG)[:-4] + "A" * (LONGEST_PICTURE + 4)
    assert read_picture(text) is None
    assert read_picture(text, len(text)) is not None


@given(st.binary(max_size=300))
def test_any_bytes_after_the_first_ones_come_back(rest: bytes) -> None:
    picture = read_picture(encoded(PNG + rest))
    assert picture is not None
    assert picture.content() == PNG + rest
