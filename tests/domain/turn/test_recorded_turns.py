"""What a turn is fed can be written down, read back, and fed again: the same steps, value for value."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.prompt_window import Window
from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.redaction.known import names_a_secret
from domain.turn.events import AttemptFailed, Begun, TurnEvent
from domain.turn.fitting import Fit
from domain.turn.plan import Alternatives, TurnPlan
from domain.turn.recorded import FellBack, RecordingMachine, entries_of, replay
from domain.turn.recorded_values import UnreadableRecord, decoded, encoded, recordable_classes
from domain.turn.statuses import MediaLeftOut, ModelReplaced
from domain.turn.steps import Step
from ports.answer_facts import AnswerFacts, RoutedAttempt, RoutingReport
from ports.response_events import ResponseEnded, ResponseStatus, UpstreamProblem
from ports.responses import Reach, Refused, ResponsesBody, TimedOut, UpstreamRequest
from ports.transcripts import Transcript, TurnIds
from ports.usage import Usage
from tests.domain.turn.random_turns import BATCHES, EVENTS, PLANS, Batches
from tests.domain.turn.talk import REQUEST
from tests.examples import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("$"), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


def written(value: object) -> object:
    """Write a value as a line of a file and read it."""
    return decoded(json.loads(json.dumps(encoded(value))))


@given(JSON)
def test_any_json_comes_back_as_it_was(value: object) -> None:
    assert repr(written(value)) == repr(value)


@examples(2_000)
@given(EVENTS)
def test_any_event_comes_back_as_it_was(event: TurnEvent) -> None:
    back = written(event)
    assert repr(back) == repr(event)
    if isinstance(event, AttemptFailed) and isinstance(back, AttemptFailed):
        assert repr(vars(back.error)) == repr(vars(event.error))


@given(PLANS)
def test_any_plan_comes_back_as_it_was(plan: TurnPlan) -> None:
    plan = replace(plan, alternatives=Alternatives())
    assert written(plan) == plan


def test_values_of_every_form_come_back() -> None:
    facts = AnswerFacts("p", routing=RoutingReport(attempts=(RoutedAttempt("p", "m", 503),)), safeguards=(("ok", 1),))
    usage = Usage(1, 2, cost=Decimal("0.0012"), cost_details=(("server_tool_cost", Decimal("0.1")),))
    ended = ResponseEnded(ResponseStatus.COMPLETED, "gen", "m", ({"type": "message"},), usage, facts=facts)
    notes = (ModelReplaced("a", "b"), MediaLeftOut((LeftOut(next(iter(Medium)), Flaw.EMPTY),)))
    plan = TurnPlan(REQUEST, notes=notes, fit=Fit({"m": Window(1000, 10)}, {"m": 5}, {"m": 1.5}, 7))
    problem = UpstreamProblem(429, "x", "y", retry_after=float("inf"), received=datetime(2026, 3, 1, tzinfo=UTC))
    for value in (ended, plan, problem, FellBack(None), FellBack(REQUEST), b"\0\xff"):
        assert written(value) == value
    late = written(AttemptFailed(TimedOut("read", 3.0, reach=Reach.SENT)))
    assert isinstance(late, AttemptFailed)
    assert isinstance(late.error, TimedOut)
    assert (late.error.what, late.error.seconds, late.error.reach) == ("read", 3.0, Reach.SENT)
    refused = written(AttemptFailed(Refused(problem)))
    assert isinstance(refused, AttemptFailed)
    assert isinstance(refused.error, Refused)
    assert refused.error.problem == problem


def test_only_values_of_the_list_are_made() -> None:
    wrong: list[object] = [{"$": "Popen"}, {"$": "error", "of": "Reach"}, {"$": "enum", "of": "Reach", "is": "X"}]
    wrong += [{"$": "TextDelta"}, {"$": "tuple", "is": {"$": ["list"]}}, {"$": "decimal", "is": "x"}, {"$": "Route"}]
    deep: object = []
    for _ in range(2_000):
        deep = [deep]
    for value in [*wrong, deep]:
        with pytest.raises(UnreadableRecord):
            decoded(value)
    with pytest.raises(UnreadableRecord):
        encoded(deep)
    with pytest.raises(UnreadableRecord):
        encoded(object())


def test_no_field_of_ours_has_a_name_that_a_record_would_mask() -> None:
    names = {
        part.name
        for kind in recordable_classes().values()
        for part in getattr(kind, "__dataclass_fields__", {}).values()
    }
    assert {name for name in names if names_a_secret(name)} == {"prompt_cache_key"}
    assert fields(TurnPlan)


def recorded(plan: TurnPlan, batches: Batches) -> tuple[Transcript, list[tuple[Step, ...]]]:
    """Feed a recording machine; return what it wrote down and which steps followed."""
    transcript = Transcript(TurnIds("t", "e"), mask=str, most=1_000, began=datetime.now(UTC), now=lambda: 0.0)
    machine, now, followed = RecordingMachine(plan, transcript), 0.0, list[tuple[Step, ...]]()
    for events, wait in batches:
        now += wait
        followed.append(tuple(machine.feed_all(events, now)))
    return transcript, followed


@examples(1_000)
@given(PLANS, BATCHES)
def test_a_recorded_turn_fed_again_gives_the_same_steps(plan: TurnPlan, batches: Batches) -> None:
    transcript, followed = recorded(plan, batches)
    again, entries = written(transcript.plan), [written(entry) for entry in tuple(entries_of(transcript))]
    assert isinstance(again, TurnPlan)
    assert [repr(fed.steps) for fed in replay(again, entries)] == [repr(steps) for steps in followed]


def test_the_request_to_the_fallback_model_is_part_of_what_is_fed() -> None:
    asked: list[None] = []

    def fallback() -> UpstreamRequest:
        asked.append(None)
        return UpstreamRequest(ResponsesBody("other", ()))

    plan = TurnPlan(REQUEST, alternatives=Alternatives(fallback=fallback))
    unknown = AttemptFailed(Refused(UpstreamProblem(400, "model_not_found", "m is not a valid model ID")))
    transcript, followed = recorded(plan, [([Begun()], 0.0), ([unknown], 1.0)])
    replayed = list(replay(TurnPlan(REQUEST), tuple(entries_of(transcript))))
    assert [fed.steps for fed in replayed] == followed
    assert len(asked) == 1


def test_a_plan_of_which_parts_are_left_out_is_a_defect_and_nothing_worse() -> None:
    broken = replace(TurnPlan(REQUEST), request="[left out]")  # type: ignore[arg-type]
    (only,) = replay(broken, [])
    assert only.defect.startswith("AttributeError")


def test_a_defect_of_the_machine_is_replayed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    transcript, _ = recorded(TurnPlan(REQUEST), [([], 0.0)])

    def broken(*_arguments: object) -> list[Step]:
        raise ValueError("broken")

    monkeypatch.setattr("domain.turn.machine.TurnMachine.feed_all", broken)
    assert [fed.defect for fed in replay(TurnPlan(REQUEST), tuple(entries_of(transcript)))] == ["ValueError: broken"]
