"""The sentences for every kind of fault: what happened, what to do, and the exact cause.

A sentence contains the key of a setting in braces, `{base_url}`; the entrypoint's vocabulary replaces it.
"""

from datetime import datetime
from typing import assert_never

from domain.catalog.offer import Objection
from domain.egress.base_url import AddressFlaw
from domain.faults.causes import (
    AddressAnswer,
    AddressRefused,
    AskedFor,
    AtProvider,
    Budget,
    BudgetSpent,
    Cause,
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
    TooFast,
    TooManyTools,
)
from domain.faults.fault import Fault
from entrypoints.sentences.budgets import budget_values, pace_values
from entrypoints.sentences.fault_texts import BUDGET_TEXT, CAUSE_TEXTS, DAILY_TEXT, FAULT_TEXTS, PACE_TEXT, FaultText
from entrypoints.sentences.own_keys import own_key_text
from entrypoints.sentences.times import moment_words, span_words, wait_words
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

_OBJECTIONS: dict[Objection, str] = {
    Objection.DISABLED: "it is disabled ({disabled_models})",
    Objection.NOT_SELECTED: "it is not selected ({model_id})",
    Objection.NOT_FREE: "only free models are offered",
    Objection.FREE: "free models are not offered",
    Objection.TOOL_CALLING: "it does not match {tool_calling_filter}",
    Objection.KEEPS_DATA: "no provider offers it with zero data retention ({zdr_models_only})",
}
_ADDRESS_FLAWS: dict[AddressFlaw, str] = {
    AddressFlaw.NO_URL: "it is not a URL",
    AddressFlaw.NO_HOST: "it must start with https:// and name a host",
    AddressFlaw.BAD_HOST: "no host can have this name",
    AddressFlaw.USER_INFO: "it must not contain a user name or password",
    AddressFlaw.EXTRAS: "it must not contain a query, a fragment or spaces",
    AddressFlaw.PLAIN_HTTP: "plain http to {host} is not allowed; use https or list it in {insecure_base_url_hosts}",
}
_MESSAGES_FLAWS: dict[MessagesFlaw, str] = {
    MessagesFlaw.NONE: "there are no messages",
    MessagesFlaw.NOTHING_TO_SEND: "there is no message with a role and a text",
}


def happened(fault: Fault, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return what happened, in one sentence."""
    return _spelled(_text_of(fault, vocabulary).happened, _Spelling(vocabulary, **_values(fault.cause, vocabulary)))


def advice(fault: Fault, vocabulary: Vocabulary = NEUTRAL, now: datetime | None = None) -> str:
    """Return what to do, in one sentence, with the time to try again if it is known; `now` is the wall clock."""
    text, when = _text_of(fault, vocabulary), _when(fault, now, vocabulary)
    spelling = _Spelling(vocabulary, when=when)
    if not when or text.again:
        return _spelled(text.again if when else text.advice, spelling)
    return f"{_spelled(text.advice, spelling)} {vocabulary.say('Try again {when}.', when=when)}"


def _text_of(fault: Fault, vocabulary: Vocabulary) -> FaultText:
    match fault.cause:
        case DailyLimit():
            return DAILY_TEXT
        case BudgetSpent():
            return BUDGET_TEXT
        case TooFast():
            return PACE_TEXT
    if vocabulary.own_key and (own := own_key_text(fault)) is not None:
        return own
    found = CAUSE_TEXTS.get(fault.cause) if fault.cause is not None else None
    return found or FAULT_TEXTS[fault.kind]


def _values(cause: Cause | None, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the values of a cause for the texts that name them."""
    match cause:
        case BudgetSpent():
            return budget_values(cause, vocabulary)
        case TooFast():
            return pace_values(cause, vocabulary)
    return {}


def _when(fault: Fault, now: datetime | None, vocabulary: Vocabulary) -> str:
    """Return when the fault is over, as words; empty if unknown or over."""
    ends = fault.cause.ends if isinstance(fault.cause, DailyLimit | BudgetSpent) else None
    if ends is not None and (now is None or ends > now):
        return moment_words(ends, now, vocabulary)
    wait = fault.retry_after or 0.0
    return wait_words(wait, now, vocabulary) if wait > 0 else ""


def cause_words(cause: Cause, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return the exact cause, as a clause without a full stop; empty if the sentences of its fault say it."""
    match cause:
        case ModelFiltered(slug, objections):
            return f"{slug}: {'; '.join(objection_words(objection, vocabulary) for objection in objections)}"
        case AddressRefused(flaw, host):
            return f"{vocabulary.name('base_url')}: {address_words(flaw, host, vocabulary)}"
        case NoEvent(seconds):
            return vocabulary.say("no event for {span}", span=span_words(seconds, vocabulary))
        case TooManyTools(count, most):
            sentence = "the request has {count} tools, this model takes at most {most}"
            return vocabulary.say(sentence, count=count, most=most)
        case MessagesFlaw():
            return vocabulary.say(_MESSAGES_FLAWS[cause])
        case AddressAnswer() | KeyFlaw() | Guard() | RefusedPart() | DailyLimit() | DrawingFlaw() | Received():
            return ""  # the sentences say all of it
        case Budget() | NoneLeft() | AtProvider() | BudgetSpent() | TooFast() | AskedFor():
            return ""  # the sentences say all of it
    assert_never(cause)


def objection_words(objection: Objection, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return why a model is not offered, as a clause."""
    return _spelled(_OBJECTIONS[objection], _Names(vocabulary))


def address_words(flaw: AddressFlaw, host: str, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return why an address is rejected; `host` is its host."""
    return _spelled(_ADDRESS_FLAWS[flaw], _Names(vocabulary, host))


class _Names(dict[str, str]):
    """Replaces keys of settings by their bare names."""

    def __init__(self, vocabulary: Vocabulary, host: str = "") -> None:
        super().__init__(host=host)
        self.vocabulary = vocabulary

    def __missing__(self, key: str) -> str:
        return self.vocabulary.name(key)


class _Spelling(dict[str, str]):
    """Replaces keys of settings by the vocabulary's names for sentences, and other keys by its words."""

    def __init__(self, vocabulary: Vocabulary, **values: str) -> None:
        super().__init__(
            enter_key=vocabulary.translated(vocabulary.enter_key),
            program=vocabulary.translated(vocabulary.program),
            reload=vocabulary.translated(vocabulary.reload),
            go_on=vocabulary.translated(vocabulary.go_on),
            **values,
        )
        self.vocabulary = vocabulary

    def __missing__(self, key: str) -> str:
        return self.vocabulary.named(key)


def _spelled(sentence: str, spelling: _Names | _Spelling) -> str:
    sentence = spelling.vocabulary.translated(sentence)
    return sentence.format_map(spelling) if "{" in sentence else sentence
