"""What people read about media that are not sent."""

import pytest

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.conversation.placeholders import left_out
from domain.turn.statuses import MediaLeftOut
from entrypoints.sentences.lists import LONGEST_LIST
from entrypoints.sentences.statuses import is_last, status_words

PHOTO = LeftOut(Medium.IMAGE, Flaw.WRONG_KIND, "photo.heic")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            MediaLeftOut((PHOTO,)),
            "Left out: photo.heic (a kind that models do not read; use PNG, JPEG, WebP or GIF).",
        ),
        (
            MediaLeftOut((LeftOut(Medium.IMAGE, Flaw.WRONG_KIND), PHOTO, LeftOut(Medium.FILE, Flaw.EMPTY, "a.pdf"))),
            "Left out: a picture, photo.heic (a kind that models do not read; use PNG, JPEG, WebP or GIF); "
            "a.pdf (empty).",
        ),
        (
            MediaLeftOut((LeftOut(Medium.VIDEO, Flaw.NOT_TAKEN, "a.mp4"), LeftOut(Medium.FILE, Flaw.NOT_TAKEN))),
            "Left out: a.mp4 (this model reads no videos); a file (this model reads no files).",
        ),
        (MediaLeftOut((), 7, 12, 5), "7 of 12 pictures were not sent: at most the newest 5 are."),
        (MediaLeftOut((), 1, 6, 5), "1 of 6 pictures was not sent: at most the newest 5 are."),
        (
            MediaLeftOut((LeftOut(Medium.AUDIO, Flaw.WRONG_KIND, "a.ogg"),), 1, 3, 2),
            "Left out: a.ogg (a kind that models do not read; use MP3 or WAV). "
            "1 of 3 pictures was not sent: at most the newest 2 are.",
        ),
    ],
)
def test_one_line_names_everything(told: MediaLeftOut, words: str) -> None:
    assert status_words(told) == words
    assert is_last(told)


@pytest.mark.parametrize("flaw", Flaw)
@pytest.mark.parametrize("medium", Medium)
def test_every_reason_has_words_for_people_and_for_models(medium: Medium, flaw: Flaw) -> None:
    one = LeftOut(medium, flaw, "a.bin")
    assert "a.bin (" in status_words(MediaLeftOut((one,)))
    assert left_out(one).startswith(f"[{medium.value} 'a.bin' left out: ")


def test_line_is_bounded() -> None:
    many = tuple(LeftOut(Medium.IMAGE, Flaw.EMPTY, f"{number}" * 20) for number in range(1000))
    words = status_words(MediaLeftOut(many))
    assert len(words) < LONGEST_LIST + 200
    assert "more (empty)" in words
