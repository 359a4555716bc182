"""What a settlement needs of a history, computed once."""

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


def test_an_answer_has_the_same_fingerprint_with_and_without_the_history():
    items = record(answer("Because.")).items
    assert fingerprint_of_answer(figures().asked, items, OPEN_WEBUI) == fingerprint_of_turn(MESSAGES, items) != ""


def test_the_characters_sent_are_those_of_the_request():
    assert figures(remembered=False).sent == 4


def test_thinking_that_no_next_reply_needs_is_named_only_where_it_lives_for_one():
    found = {
        reasoning: figures((OLD,), reasoning=reasoning).outlived
        for reasoning in ("conversation", "next_reply", "disabled")
    }
    assert found == {"conversation": (), "next_reply": (OLD.turn_id,), "disabled": ()}


def test_thinking_outside_the_turns_that_are_sent_is_named_too():
    past = Past((OLD,), "next_reply", history_format=OPEN_WEBUI)
    found = figures_of(MESSAGES, past, parsed(MESSAGES, 1, past), SENT, remembered=True)
    assert found.outlived == (OLD.turn_id,)


def test_nothing_is_digested_for_an_answer_that_is_not_remembered():
    found = figures((OLD,), remembered=False, reasoning="next_reply")
    assert (found.asked, found.outlived) == (QuestionDigests(), ())
