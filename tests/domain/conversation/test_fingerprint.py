"""Fingerprints are equal for texts that look equal to a person, and different otherwise."""

import unicodedata
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation import fingerprint
from domain.conversation.fingerprint import (
    Question,
    digest_of,
    normalised,
    question_in,
)
from domain.conversation.history_format import PLAIN
from domain.conversation.marks import marks_of
from entrypoints.openwebui.history_format import OPEN_WEBUI, marker_line, thinking_tag
from tests.domain.conversation.fingerprints import fingerprint_of, fingerprint_of_turn
from tests.domain.conversation.host_shapes import returned, user
from tests.domain.conversation.kept_turns import answer, call, output, record, sealed_thought, tool_turn, ulid
from tests.examples import examples

QUESTION = Question("Where is it?")


def in_one_go(text: str) -> str:
    """Return the normalised form of a whole text, computed at once."""
    return unicodedata.normalize("NFC", " ".join(text.replace("\0", "").split()))


@given(st.text(alphabet="ae\u0301\u0323\u3000\u1100\u1161\u11a8 \n\0\xe9\U0001f600", max_size=40), st.integers(1, 5))
def test_long_text_normalised_in_pieces_equals_the_text_normalised_at_once(text, length):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint, "_PIECE", length)
        pieces = normalised(text, OPEN_WEBUI), digest_of(text, OPEN_WEBUI)

    assert pieces == (in_one_go(text), sha256(in_one_go(text).encode()).hexdigest() if in_one_go(text) else "")


@pytest.mark.parametrize(
    "decorated",
    [
        "  It is there. \n",
        "It\n\nis   there.",
        "<think>hm\nhm</think>It is there.",
        f"{thinking_tag(ulid(1), 0)}hm</think>\nIt is there.",
        f"\n\n{marker_line(ulid(1))}\n\nIt is there.",
        "[01J2VVZBDQTP1ZQJ8DSN]: #\n\nIt is there.",
        '<details type="reasoning" done="true"><summary>x</summary>\n> hm</details>\nIt is there.',
        '<details type="tool_calls" done="true" id="c">\n<summary>x</summary>\n</details>\nIt is there.',
        '"&quot;the result&quot;"\nIt is there.',
        "It is\0 there.",
    ],
    ids=range(10),
)
def test_decoration_added_by_hosts_does_not_change_the_fingerprint(decorated):
    assert normalised(decorated, OPEN_WEBUI) == "It is there."
    assert fingerprint_of(QUESTION, decorated) == fingerprint_of(QUESTION, "It is there.")


def test_composed_and_decomposed_characters_are_equal():
    assert normalised("cafe\u0301", PLAIN) == normalised("caf\u00e9", PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        fingerprint_of(QUESTION, "It is here."),
        fingerprint_of(Question("Where?"), "It is there."),
        fingerprint_of(Question("Where is it?", "Before."), "It is there."),
        fingerprint_of(QUESTION, "It is there.", ["c1"]),
    ],
    ids=["answer", "question", "text before", "calls"],
)
def test_different_answer_question_or_call_changes_the_fingerprint(other):
    assert other != fingerprint_of(QUESTION, "It is there.")


def test_turn_without_text_and_calls_has_no_fingerprint():
    assert fingerprint_of(QUESTION, "<think>hm</think>") == ""


def test_fingerprint_is_short_hexadecimal_text():
    assert len(fingerprint_of(QUESTION, "\ud800 lone")) == 32


def test_question_is_the_last_one_and_includes_the_answer_before_it():
    messages = [user("a"), {"role": "assistant", "content": "b"}, user("c"), {"role": "tool", "content": "d"}, None]
    assert question_in(messages) == Question("c", "b")


@pytest.mark.parametrize(
    "kept",
    [
        tool_turn(),
        record(sealed_thought(), answer("Yes.", "a")),
        record(sealed_thought(), answer("I look."), call("c1")),
    ],
    ids=["tools", "thinking", "handed over"],
)
def test_turn_is_recognised_in_the_history_of_an_api_client(kept):
    before = [user("a"), {"role": "assistant", "content": "b"}, user("c")]
    history = [*before, *returned("api", kept), user("d")]
    assert dict(marks_of(history, OPEN_WEBUI, by_fingerprint=True).fingerprints or ())[3] == fingerprint_of_turn(
        before, kept.items
    )


def test_outputs_of_our_own_calls_do_not_change_the_fingerprint():
    asked = [user("q")]
    short = record(call("c"), output("c", "one"), answer("Yes."))
    other = record(call("c"), output("c", "two"), answer("Yes."))
    assert fingerprint_of_turn(asked, short.items) == fingerprint_of_turn(asked, other.items)


@examples(60)
@given(st.text(max_size=80))
def test_normalising_twice_equals_normalising_once(text):
    plain = text.replace("<", "").replace("]: #", "").replace("&quot;", "")
    once = normalised(plain, OPEN_WEBUI)
    assert normalised(once, OPEN_WEBUI) == once
