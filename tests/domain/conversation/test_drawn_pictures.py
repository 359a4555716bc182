"""A picture in the text of an answer is no word of it, and no model reads its bytes as letters."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.conversation import drawn_pictures
from domain.conversation.drawn_pictures import with_notes
from domain.conversation.fingerprint import Question, normalised
from domain.conversation.history_format import PLAIN, HistoryFormat
from domain.conversation.items import items_of
from domain.conversation.placeholders import unusable
from entrypoints.openwebui.history_format import OPEN_WEBUI
from tests.domain.conversation.fingerprints import fingerprint_of

DATA = "![image](data:image/png;base64,iVBORw0KGgo=)"
FILE = "![image](/api/v1/files/1a2b-3c/content)"
WORDS = "It is red. It is long."


@pytest.mark.parametrize("history_format", [PLAIN, OPEN_WEBUI])
@pytest.mark.parametrize("text", [f"It is red.\n\n{DATA}\n\nIt is long.", f"{FILE}\nIt is red.\nIt is long.\n\n{DATA}"])
def test_pictures_do_not_change_the_fingerprint(history_format: HistoryFormat, text: str) -> None:
    assert normalised(text, history_format) == WORDS
    asked = Question("What is it?")
    assert fingerprint_of(asked, text) == fingerprint_of(asked, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        f"It is blue.\n\n{DATA}\n\nIt is long.",
        "It is red.\n\n![image](https://example.com/a.png)\n\nIt is long.",
        f"It is red. ![my notes]({FILE}) It is long.",
        "It is red. ![image](/api/v1/files/../secrets/content) It is long.",
    ],
)
def test_edits_beside_pictures_and_pictures_of_other_sites_are_noticed(text: str) -> None:
    assert normalised(text, OPEN_WEBUI) != WORDS


def test_a_model_reads_a_note_in_place_of_the_data_of_a_picture() -> None:
    (item,) = items_of([{"role": "assistant", "content": f"See:\n\n{DATA}"}])
    assert item["content"] == f"See:\n\n{unusable('image')}"


def test_an_answer_that_is_only_a_picture_is_still_an_answer() -> None:
    (item,) = items_of([{"role": "assistant", "content": DATA}])
    assert item["content"] == unusable("image")


def test_text_about_pictures_stays() -> None:
    text = "Write `![image](data:image/png;base64,` and then the data. ![](a.png) ![x](data:text/plain,a)"
    assert with_notes(text) == text


SIGNS = ("![", "](data:image/", "](", "!", "[", "]", "(", ")", "\n", " ", "\u2003", "a", "image", "png;base64,AA==")
AT_ONCE = re.compile(r"!\[[^\[\]\n]{0,200}\]\(data:image/[^\s()]*\)")


@given(st.lists(st.sampled_from(SIGNS), max_size=20).map("".join))
@example(DATA + DATA)
@example(f"![{'x' * 200}](data:image/a) ![{'x' * 201}](data:image/a)")
def test_pictures_are_found_as_one_expression_finds_them(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drawn_pictures, "PIECE", 3)
        assert with_notes(text) == AT_ONCE.sub(unusable("image"), text)
