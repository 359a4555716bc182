"""What follows from settings is computed once for each value of them, and never served for another value."""

import gc
from copy import copy, deepcopy
from dataclasses import replace
from weakref import ref

import pytest

from domain.egress.base_url import InvalidBaseUrl
from domain.request.turn_request import Caller
from entrypoints.core.caller_request import CallerRequest, request_of
from entrypoints.core.paying_keys import paying_route_of
from entrypoints.core.policy import limits_of, offer_of, tooling_of, usable_route
from entrypoints.settings import Settings
from entrypoints.settings_derived import MOST, once
from entrypoints.settings_rows import Secret

SETTINGS = Settings(api_key=Secret("sk-or-v1-test"))


def test_the_same_settings_are_read_once() -> None:
    assert limits_of(SETTINGS) is limits_of(SETTINGS)


def test_changed_settings_are_read_anew() -> None:
    changed = replace(SETTINGS, http_connect_timeout_seconds=3)
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


class Telling:
    """An argument that tells when it is looked up, as another thread may run in between."""

    def __init__(self) -> None:
        self.lookups, self.forget = 0, lambda: None

    def __hash__(self) -> int:
        self.lookups += 1
        if self.lookups == 2:
            self.forget()
        return 1


def test_results_that_another_thread_drops_meanwhile_are_made_again():
    settings, argument = replace(SETTINGS), Telling()
    asked = once(lambda given, _: [given])
    asked(settings, argument)
    argument.lookups, argument.forget = 0, settings._made.clear

    assert asked(settings, argument) == [settings]


def test_none_is_a_result_like_any_other():
    settings, calls = replace(SETTINGS), list[Settings]()
    asked = once(calls.append)
    assert (asked(settings), asked(settings), len(calls)) == (None, None, 1)


def test_what_was_made_of_settings_goes_with_them():
    settings = replace(SETTINGS, api_key=Secret("sk-or-v1-another"))
    assert paying_route_of(settings).api_key == "sk-or-v1-another"
    made = ref(once(lambda _: {1})(settings))
    for copied in (replace(settings), copy(settings), deepcopy(settings)):
        assert getattr(copied, "_made", None) is None
    del settings
    gc.collect()
    assert made() is None


def test_two_functions_of_one_name_do_not_share_their_results():
    settings = replace(SETTINGS)
    one, other = once(lambda _: 1), once(lambda _: 2)
    assert (one(settings), other(settings), one(settings)) == (1, 2, 1)


def test_a_failure_is_no_result():
    settings = replace(SETTINGS, base_url="no address")
    for _ in range(2):
        with pytest.raises(InvalidBaseUrl):
            usable_route(settings)
    assert usable_route(replace(settings, base_url="https://a.example/v1")).base_url == "https://a.example/v1"
