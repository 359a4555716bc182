"""The figures of a history that a settlement needs, computed once."""

from domain.conversation.figures import figures_of
from domain.conversation.fingerprint import QuestionDigests, fingerprint_of_answer
from domain.conversation.history import Past, parsed
from entrypoints.openwebui.history_format import OPEN_WEBUI
from tests.domain.conversation.fingerprints import fingerprint_of_turn
from tests.domain.conversation.kept_turns import answer, record, sealed_thought

MESSAGES = (
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "Yes."},
    {"role": "user", "content": "And?"},
    {"role": "assistant", "content": "No."},
    {"role": "user", "content": "Then?"},
)
SENT = ({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "four"}]},)
OLD = record(
    sealed_thought(), answer("Yes."), fingerprint=fingerprint_of_turn(MESSAGES[:1], record(answer("Yes.")).items)
)


def figures(records=(), *, remembered=True, reasoning="conversation"):
    past = Past(records, reasoning, history_format=OPEN_WEBUI)
    return figures_of(MESSAGES, past, parsed(MESSAGES, 0, past), SENT, remembered=remembered)


def test_answer_has_the_same_fingerprint_with_and_without_the_history():
    items = record(answer("Because.")).items
    assert fingerprint_of_answer(figures().asked, items, OPEN_WEBUI) == fingerprint_of_turn(MESSAGES, items) != ""


def test_characters_sent_are_those_of_the_request():
    assert figures(remembered=False).sent == 4


def test_outlived_thinking_is_reported_only_in_mode_next_reply():
    found = {
        reasoning: figures((OLD,), reasoning=reasoning).outlived
        for reasoning in ("conversation", "next_reply", "disabled")
    }
    assert found == {"conversation": (), "next_reply": (OLD.turn_id,), "disabled": ()}


def test_outlived_thinking_of_turns_that_are_not_sent_is_reported_too():
    past = Past((OLD,), "next_reply", history_format=OPEN_WEBUI)
    found = figures_of(MESSAGES, past, parsed(MESSAGES, 1, past), SENT, remembered=True)
    assert found.outlived == (OLD.turn_id,)


def test_no_digest_is_computed_for_an_answer_that_is_not_stored():
    found = figures((OLD,), remembered=False, reasoning="next_reply")
    assert (found.asked, found.outlived) == (QuestionDigests(), ())
