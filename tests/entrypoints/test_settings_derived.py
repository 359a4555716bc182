"""What follows from settings is computed once for each value of them, and never served for another value."""

from dataclasses import replace

from domain.request.turn_request import Caller
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.core.policy import limits_of, offer_of, tooling_of
from entrypoints.settings import Settings
from entrypoints.settings_derived import MOST
from entrypoints.settings_rows import Secret

SETTINGS = Settings(api_key=Secret("sk-or-v1-test"))


def test_the_same_settings_are_read_once() -> None:
    assert limits_of(SETTINGS) is limits_of(SETTINGS)


def test_changed_settings_are_read_anew() -> None:
    changed = replace(SETTINGS, http_connect_timeout_seconds=3.0)
    assert limits_of(SETTINGS).connect != limits_of(changed).connect == 3.0


def test_other_arguments_have_results_of_their_own() -> None:
    assert tooling_of(SETTINGS, handed_over=True).handed_over
    assert not tooling_of(SETTINGS, handed_over=False).handed_over


def test_results_for_arguments_that_keep_changing_do_not_pile_up() -> None:
    settings = replace(SETTINGS, zdr_models_only=True)
    for number in range(3 * MOST):
        assert offer_of(settings, frozenset({str(number)})).zero_retention == {str(number)}
    assert len(settings._made) <= MOST


def test_equal_settings_stay_equal_whatever_was_made_of_one() -> None:
    other = replace(SETTINGS)
    limits_of(SETTINGS)
    assert other == SETTINGS
    assert "_made" not in repr(SETTINGS)


def test_a_chat_and_a_task_with_the_same_settings_differ() -> None:
    settings = replace(SETTINGS, request_defaults='{"user": "x"}', history_window_turns=4)
    chat = request_of(CallerRequest("a/b"), settings)
    task = request_of(CallerRequest("a/b", caller=Caller.TASK), settings)
    assert (chat.prompting.history_turns, task.prompting.history_turns) == (4, 0)
    assert chat.defaults == {"user": "x"}
    assert not task.defaults
