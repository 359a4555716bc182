"""The marks of a history are read once and equal those read again."""

from domain.conversation.marks import marks_of, with_fingerprints
from domain.conversation.replay import wanted_of
from domain.conversation.stored_answers import stored_answers
from entrypoints.openwebui.history_format import OPEN_WEBUI, details_entry
from tests.domain.conversation.histories import wanted
from tests.domain.conversation.kept_turns import answer, record, sealed_thought, ulid

NAMED = {"role": "assistant", "content": "Yes.", "reasoning_details": [details_entry(ulid(1), 0)]}
MESSAGES = (
    {"role": "user", "content": "Why?"},
    NAMED,
    {"role": "user", "content": "And?"},
    {"role": "assistant", "content": "No."},
    None,
    {"role": "user", "content": "Then?"},
)
RECORDS = (record(sealed_thought(), answer("Yes."), number=1),)


def test_answers_have_marks_and_other_messages_have_none():
    marks = marks_of(MESSAGES, OPEN_WEBUI, by_fingerprint=True)
    assert marks.references == ((), (ulid(1),), (), (), (), ())
    assert [place for place, _ in marks.fingerprints or ()] == [3]


def test_fingerprints_are_added_later_and_only_once():
    marks = marks_of(MESSAGES, OPEN_WEBUI)
    assert marks.fingerprints is None
    whole = with_fingerprints(marks, MESSAGES, OPEN_WEBUI)
    assert whole == marks_of(MESSAGES, OPEN_WEBUI, by_fingerprint=True)
    assert with_fingerprints(whole, (), OPEN_WEBUI) is whole


def test_marks_read_before_give_the_same_lookup_and_the_same_answers():
    marks = marks_of(MESSAGES, OPEN_WEBUI, by_fingerprint=True)
    assert wanted_of(marks) == wanted(MESSAGES)
    assert stored_answers(MESSAGES, RECORDS, OPEN_WEBUI, marks) == stored_answers(MESSAGES, RECORDS, OPEN_WEBUI) != ()
