"""The sentences about faults: one for every kind, and every setting spelled by the entrypoint."""

import re

import pytest

from domain.catalog.offer import Objection
from domain.egress.base_url import AddressFlaw
from domain.faults.causes import (
    AddressAnswer,
    AddressRefused,
    AskedFor,
    Budget,
    DailyLimit,
    DrawingFlaw,
    Guard,
    KeyFlaw,
    MessagesFlaw,
    ModelFiltered,
    NoEvent,
    NoneLeft,
    Received,
    RefusedPart,
    TooManyTools,
)
from domain.faults.fault import Fault, FaultKind
from entrypoints.openai.errors import error_object
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.fault_texts import CAUSE_TEXTS, FAULT_TEXTS
from entrypoints.sentences.faults import advice, cause_words, happened
from entrypoints.sentences.own_keys import OWN_KEY_CAUSES, OWN_KEY_FAULTS
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from entrypoints.settings import SETTINGS

GATEWAY = Vocabulary("the environment variable {}", "OPENROUTER_PIPE_", "Set OPENROUTER_PIPE_API_KEY.", "the gateway")
KEYS = {row.attribute for row in SETTINGS}
CAUSES = (
    ModelFiltered("a/b", tuple(Objection)),
    *(AddressRefused(flaw, "gateway.example") for flaw in AddressFlaw),
    *MessagesFlaw,
    NoEvent(90.0),
    TooManyTools(160, 128),
)
SAID_IN_FULL = (
    *AddressAnswer,
    *KeyFlaw,
    *Guard,
    *Budget,
    *NoneLeft,
    *RefusedPart,
    *DrawingFlaw,
    *AskedFor,
    *Received,
    DailyLimit(),
)
"""Causes with sentences of their own."""


@pytest.mark.parametrize("vocabulary", [NEUTRAL, VALVES, GATEWAY])
@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_says_what_happened_and_what_to_do(kind, vocabulary):
    for sentence in (happened(Fault(kind), vocabulary), advice(Fault(kind), vocabulary)):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence


@pytest.mark.parametrize("vocabulary", [NEUTRAL, VALVES, GATEWAY])
@pytest.mark.parametrize("cause", SAID_IN_FULL, ids=str)
def test_every_cause_that_says_more_than_its_kind_has_sentences_of_its_own(cause, vocabulary):
    fault = Fault(FaultKind.BAD_REQUEST, cause=cause)
    for sentence in (happened(fault, vocabulary), advice(fault, vocabulary)):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert happened(fault) != FAULT_TEXTS[FaultKind.BAD_REQUEST].happened
    assert cause_words(cause, vocabulary) == ""


def test_only_faults_about_length_advise_less_text():
    shorter = [kind for kind, text in FAULT_TEXTS.items() if "shorte" in text.advice or "new chat" in text.advice]
    assert shorter == [FaultKind.CONTEXT_LENGTH]
    assert [cause for cause, text in CAUSE_TEXTS.items() if "shorte" in text.advice] == []


@pytest.mark.parametrize("cause", AddressAnswer, ids=str)
def test_an_answer_from_elsewhere_names_the_address_and_no_key(cause):
    said = advice(Fault(FaultKind.BAD_ROUTE, cause=cause), VALVES)
    assert "BASE_URL" in said
    assert "API_KEY" not in said


@pytest.mark.parametrize("fault", [Fault(FaultKind.BAD_KEY), Fault(FaultKind.BAD_KEY, cause=KeyFlaw.CHARACTERS)])
def test_a_fault_about_the_key_names_the_key_and_no_address(fault):
    assert "API_KEY" in advice(fault, VALVES)
    assert "BASE_URL" not in advice(fault, VALVES)


OWN = [Fault(kind) for kind in OWN_KEY_FAULTS] + [Fault(FaultKind.BAD_KEY, cause=cause) for cause in OWN_KEY_CAUSES]


@pytest.mark.parametrize("fault", OWN, ids=str)
def test_a_person_whose_own_key_pays_reads_what_they_can_do_themselves(fault):
    own = VALVES.paid_by_person(own_key=True)
    said = happened(fault, own) + advice(fault, own)
    assert "own" in said
    assert said != happened(fault, VALVES) + advice(fault, VALVES)
    assert "valve API_KEY" not in said


def test_other_faults_are_the_same_for_everybody():
    own = VALVES.paid_by_person(own_key=True)
    others = [Fault(kind) for kind in FaultKind if kind not in OWN_KEY_FAULTS]
    assert all(happened(fault, own) == happened(fault, VALVES) for fault in others)


def test_no_two_faults_share_a_sentence():
    assert len({text.happened for text in FAULT_TEXTS.values()}) == len(FaultKind)


def test_sentences_name_only_settings_there_are():
    own = {"enter_key", "program", "reload", "go_on", "when"}
    known = [*FAULT_TEXTS.values(), *CAUSE_TEXTS.values(), *OWN_KEY_FAULTS.values(), *OWN_KEY_CAUSES.values()]
    texts = [sentence for text in known for sentence in (text.happened, text.advice, text.again)]
    assert {key for text in texts for key in re.findall(r"{(\w+)}", text)} - own <= KEYS


@pytest.mark.parametrize("cause", CAUSES, ids=str)
def test_every_cause_is_said_and_names_only_settings_there_are(cause):
    words = cause_words(cause, Vocabulary(prefix="SETTING_"))
    assert words
    assert "{" not in words
    assert {name.lower() for name in re.findall(r"SETTING_(\w+)", words)} <= KEYS


def test_an_entrypoint_without_valves_names_none():
    for kind in FaultKind:
        message = error_object(Fault(kind), "id")["message"]
        assert "valve" not in message
        assert "the pipe" not in message


def test_an_entrypoint_says_in_its_own_words_where_a_setting_is_changed():
    fault = Fault(FaultKind.BAD_ROUTE, cause=AddressRefused(AddressFlaw.PLAIN_HTTP, "gateway.example"))
    assert advice(fault, VALVES) == "An administrator should correct the valve BASE_URL."
    assert error_object(fault, "id", GATEWAY)["message"] == (
        "The upstream address cannot be used. An administrator should correct the environment variable "
        "OPENROUTER_PIPE_BASE_URL. (OPENROUTER_PIPE_BASE_URL: plain http to gateway.example is not allowed; use https "
        "or list it in OPENROUTER_PIPE_INSECURE_BASE_URL_HOSTS) [error id id]"
    )


def test_a_model_that_is_not_offered_says_every_reason():
    cause = ModelFiltered("a/b", (Objection.DISABLED, Objection.NOT_FREE))
    assert cause_words(cause, VALVES) == "a/b: it is disabled (DISABLED_MODELS); only free models are offered"
