"""The German sentences: one for every English one, and nothing English left in what a German person reads."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.offer import Objection
from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.egress.base_url import AddressFlaw
from domain.faults.causes import AddressRefused, DailyLimit, MessagesFlaw, ModelFiltered, NoEvent, TooManyTools
from domain.faults.fault import Fault, FaultKind
from domain.turn.server_tool_reports import report_of
from domain.turn.statuses import (
    CallWithheld,
    EffortAdjusted,
    EffortLeftOut,
    FileNotStored,
    HistoryAsText,
    MediaLeftOut,
    ModelReplaced,
    OutputLimited,
    PaidToolsLeftOut,
    PictureNotStored,
    ResultsShortened,
    Status,
    StillWaiting,
    ThinkingLeftOut,
    ToolsLeftOut,
    ToolsNotTaken,
    ToolsRejected,
    TryingAgain,
    WaitingForPlace,
)
from domain.turn.steps import End, Reason
from entrypoints.openai.errors import error_object
from entrypoints.openwebui.own_cards import NO_OWN_CARDS
from entrypoints.openwebui.present.fault_text import ToldFault, uncalled
from entrypoints.openwebui.vocabulary import PAGE, VALVES
from entrypoints.sentences.allowances import allowance_words
from entrypoints.sentences.fault_texts import CAUSE_TEXTS
from entrypoints.sentences.german import SENTENCES
from entrypoints.sentences.languages import Language, language_of
from entrypoints.sentences.lists import LONGEST_LIST
from entrypoints.sentences.server_tools import use_line
from entrypoints.sentences.statuses import notice_words, ran_line, running_line, status_words
from entrypoints.sentences.times import moment_words, span_words, wait_words
from entrypoints.sentences.usage import closing_line
from entrypoints.sentences.usage_labels import WORDS as LABELS
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from entrypoints.simulator.scenarios.server_works import FAMILIES
from ports.allowances import Allowance, AllowanceKind
from ports.notices import ToolPaused, ToolSkipped, TurnStopped
from ports.usage import Paid, SpentSoFar, Timing, Usage
from tests.entrypoints.sentences.english_texts import NAMES, english_texts

DE = PAGE.spoken_in(Language.GERMAN)
ENGLISH = re.compile(
    r"\b(?:the|of|to|is|are|were|it|its|this|that|and|or|not|no|with|for|from|by|your|you|message|again|model|tool|"
    r"picture|file|answer|request|provider|address|left|out|failed|running|ran|time|cost|second|minutes|hour|day|error|"
    r"more|stopped|today|tomorrow|on|too|key)s?\b",
    re.IGNORECASE,
)
NO_ENGLISH = re.compile(r"\b(?:API|API_\w+|[A-Z]+_[A-Z_]+|in|am|an|so)\b")
NOW = datetime(2026, 11, 30, 21, 0, tzinfo=UTC)
CAUSES = (
    *CAUSE_TEXTS,
    *(AddressRefused(flaw, "gateway.example") for flaw in AddressFlaw),
    *MessagesFlaw,
    ModelFiltered("a/b", tuple(Objection)),
    NoEvent(90.0),
    TooManyTools(160, 128),
    DailyLimit(),
    DailyLimit(NOW + timedelta(hours=20)),
)
WAITS = (None, 1.0, 20.0, 60.0, 600.0, 3600.0, 40_000.0, 200_000.0, 900_000.0)
STATUSES: tuple[Status, ...] = (
    *(StillWaiting(stage, drawing) for stage in range(1, 7) for drawing in (False, True)),
    WaitingForPlace(),
    WaitingForPlace(3),
    *(TryingAgain(Fault(kind), 7, 2) for kind in FaultKind),
    EffortAdjusted("XH", "H"),
    EffortLeftOut(),
    ThinkingLeftOut(),
    HistoryAsText(),
    OutputLimited(512),
    ToolsNotTaken(),
    ResultsShortened(1),
    ResultsShortened(3),
    *(ToolsRejected(("look_up",), surplus) for surplus in (False, True)),
    ToolsRejected(("x" * LONGEST_LIST, "look_up")),
    ModelReplaced("a/b", "c/d"),
    PaidToolsLeftOut("Monthly"),
    ToolsLeftOut(("look_up",), 128),
    PictureNotStored(),
    FileNotStored(),
    CallWithheld(),
    CallWithheld("look_up"),
    *(MediaLeftOut((LeftOut(medium, flaw, name),)) for medium in Medium for flaw in Flaw for name in ("", "a.bin")),
    MediaLeftOut((), 1, 6, 5),
    MediaLeftOut((), 7, 12, 5),
)
USAGE = Usage(
    1000,
    50,
    1050,
    cached_tokens=80,
    reasoning_tokens=20,
    cost_details=(("server_tool_cost", Decimal("0.0125")),),
)
PAID = Paid(Decimal("0.031"), estimated=Decimal("0.001"))


def english_in(text: str) -> list[str]:
    """The English words of a text."""
    return ENGLISH.findall(NO_ENGLISH.sub("", text.replace("\\", "")))


def test_every_sentence_has_a_german_one() -> None:
    assert {text: place for text, place in english_texts().items() if text not in SENTENCES} == {}


def test_no_german_sentence_translates_what_nobody_says() -> None:
    assert set(SENTENCES) - set(english_texts()) == set()


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_german_sentence_contains_the_same_names(sentence: str) -> None:
    assert sorted(NAMES.findall(SENTENCES[sentence])) == sorted(NAMES.findall(sentence))


@pytest.mark.parametrize("sentence", [text for text in SENTENCES if text[:1].isupper() and text[-1:] in ".\u2026"])
def test_a_german_sentence_begins_and_ends_like_the_english_one(sentence: str) -> None:
    german = SENTENCES[sentence]
    assert german[0].isupper() or german[0] in "{0123456789"
    assert german[-1] == sentence[-1]


def test_people_are_addressed_politely() -> None:
    familiar = re.compile(r"\b(?:du|dich|dir|dein\w*|euch|euer\w*)\b", re.IGNORECASE)
    assert {text for text in SENTENCES.values() if familiar.search(text)} == set()


def faults() -> Iterator[Fault]:
    """Every kind, every cause and every kind of wait."""
    yield from (Fault(kind, retry_after=wait) for kind in FaultKind for wait in WAITS)
    yield from (Fault(FaultKind.BAD_REQUEST, cause=cause, retry_after=wait) for cause in CAUSES for wait in WAITS)


@pytest.mark.parametrize(
    "vocabulary",
    [DE, VALVES.spoken_in(Language.GERMAN), NEUTRAL.spoken_in(Language.GERMAN), DE.paid_by_person(own_key=True)],
)
def test_no_english_word_is_left_in_a_german_fault(vocabulary: Vocabulary) -> None:
    for fault in faults():
        for now in (None, NOW):
            about = (fault, "00e1", "x@x.test", now, NO_OWN_CARDS, vocabulary)
            for shown in (
                ToldFault(*about).card(),
                ToldFault(*about).box(),
                error_object(fault, "00e1", vocabulary)["message"],
            ):
                assert english_in(shown.replace("gateway.example", "")) == [], shown
                assert "{" not in shown


@pytest.mark.parametrize("kind", AllowanceKind)
def test_the_warning_of_a_limit_is_german(kind: AllowanceKind) -> None:
    words = allowance_words(Allowance(kind, Decimal("12.5"), Decimal("1.239")), DE)
    assert english_in(words) == []
    assert "1,23" in words
    assert "9 %" in words


def test_only_words_change_in_the_error_object() -> None:
    fault = Fault(FaultKind.RATE_LIMITED, retry_after=2.5)
    english, german = error_object(fault, "00e1", VALVES), error_object(fault, "00e1", DE)
    assert english.pop("message") != german.pop("message")
    assert english == german


@pytest.mark.parametrize("status", STATUSES, ids=str)
def test_no_english_word_is_left_in_a_german_status(status: Status) -> None:
    words = status_words(status, DE)
    assert words != status_words(status, PAGE)
    assert english_in(words) == []
    assert "{" not in words


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("seconds", [1, 60, 7200, 200_000])
def test_no_english_word_is_left_in_a_german_notice(seconds: int, again: bool) -> None:
    stop = TurnStopped(Timing(5.0, 2.0), USAGE, PAID, SpentSoFar(PAID, PAID))
    for notice in (ToolPaused("look_up", seconds, again), ToolSkipped("look_up"), stop):
        for labels in (None, LABELS):
            assert english_in(notice_words(notice, labels, DE)) == []


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("ended", ["in_progress", "completed", "failed"])
def test_every_server_tool_has_german_words(family: str, ended: str) -> None:
    for work in FAMILIES[family]():
        report = report_of({**work.item, "status": ended})
        assert report is not None
        assert use_line(report, DE) != use_line(report)


def test_figures_of_the_closing_line_are_german() -> None:
    spent = SpentSoFar(Paid(Decimal("0.0431")), PAID)
    end = End(Reason.LENGTH, Timing(2.5, 2.0), "id", usage=USAGE, paid=PAID, spent=spent)
    assert closing_line(end, LABELS, DE) == (
        "An der Ausgabegrenze abgeschnitten; mit \u201eAntwort fortsetzen\u201c lesen Sie weiter | "
        "Zeit: 2,50 s, 25,0 Tokens/s | Kosten: ~0,031 $ (Werkzeuge: 0,0125 $) | "
        "Tokens gesamt: 1050 (Eingabe: 1000, Ausgabe: 50, aus dem Cache: 80, Denken: 20) | "
        "Chat 0,0431 $ | Dieser Monat ~0,031 $"
    )
    thought = End(Reason.STOP, Timing(5.0, thinking=2.0), "id")
    assert closing_line(thought, None, DE) == "2,0 Sekunden nachgedacht"


@pytest.mark.parametrize(
    ("seconds", "span", "wait"),
    [
        (1, "1 Sekunde", "in 1 Sekunde"),
        (20, "20 Sekunden", "in 20 Sekunden"),
        (60, "1 Minute", "in 1 Minute"),
        (7200, "2 Stunden", "in 2 Stunden"),
        (200_000, "3 Tage", "in 3 Tagen"),
    ],
)
def test_units_follow_the_grammar(seconds: float, span: str, wait: str) -> None:
    assert (span_words(seconds, DE), wait_words(seconds, vocabulary=DE)) == (span, wait)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW, "heute um 21:00 Uhr UTC"),
        (NOW + timedelta(hours=5), "morgen um 02:00 Uhr UTC"),
        (NOW + timedelta(days=4), "am Freitag um 21:00 Uhr UTC"),
        (NOW + timedelta(days=10), "am 10. Dezember um 21:00 Uhr UTC"),
    ],
)
def test_moments_are_german(moment: datetime, words: str) -> None:
    assert moment_words(moment, NOW, DE) == words


def test_a_card_in_german() -> None:
    fault = Fault(FaultKind.RATE_LIMITED, detail="slow down", provider="Acme", retry_after=2.2)
    assert ToldFault(fault, "00e1", "help@x.test", NOW, vocabulary=DE).card().split("\n\n") == [
        "An dieses Modell wurden zu viele Anfragen gesendet.",
        "Senden Sie die Nachricht in 3 Sekunden erneut, oder wählen Sie ein anderes Modell.",
        "Details: Acme: slow down",
        "Support: help@x.test",
        "Fehler-ID: 00e1",
    ]


def test_settings_and_the_program_are_named_in_german() -> None:
    assert "prüfen; die Schlüssel" in ToldFault(Fault(FaultKind.BAD_KEY), "00e1", vocabulary=DE).card()
    assert "das Valve API_KEY" in ToldFault(Fault(FaultKind.BAD_KEY), "00e1", vocabulary=DE).card()
    assert "In der Pipe ist" in ToldFault(Fault(FaultKind.INTERNAL), "00e1", vocabulary=DE).card()
    assert "„Antwort fortsetzen“" in ToldFault(Fault(FaultKind.INTERRUPTED), "00e1", vocabulary=DE).card()


def test_names_from_outside_are_never_taken_for_names_of_ours() -> None:
    assert running_line("{number} tools", DE) == "{number} tools läuft\u2026"
    assert ran_line("{tool}", DE) == "{tool} ausgeführt"
    assert "{when}" in uncalled("{when}", DE).replace("\\", "")


def test_a_sentence_without_a_translation_stays_english() -> None:
    assert DE.say("Nobody has translated this to {place}.", place="Bonn") == "Nobody has translated this to Bonn."


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        *((tag, Language.GERMAN) for tag in ("de", "de-DE", "DE_at", " de-CH-1996 ")),
        *((tag, Language.ENGLISH) for tag in ("en", "en-US", "fr", "", "den", "deutsch", "-de", "de" * 5000, None, 7)),
        *((tag, Language.ENGLISH) for tag in (["de"], {"de": "de"}, b"de", "de-" + "x" * 10_000)),
    ],
    ids=repr,
)
def test_tags_of_languages_are_read(tag: object, language: Language) -> None:
    assert language_of(tag) is language


@given(st.text() | st.integers() | st.none())
def test_any_tag_has_a_language(tag: object) -> None:
    assert language_of(tag) in Language
