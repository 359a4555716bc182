"""The request to the fallback model is built when it is needed and not before."""

from dataclasses import replace

from domain.turn.events import AttemptFailed
from domain.turn.plan import Alternatives
from ports.responses import Reach, Unreachable, UpstreamRequest
from tests.domain.turn.talk import Turn
from tests.domain.turn.test_turn_repair import OTHER, UNKNOWN, plan


def test_the_request_to_the_fallback_model_is_built_only_when_it_is_needed():
    built: list[UpstreamRequest] = []

    def build() -> UpstreamRequest:
        built.append(OTHER)
        return OTHER

    turn = Turn(replace(plan(), alternatives=Alternatives(fallback=build)))
    turn.feed(AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT)))
    assert built == []
    turn.feed(UNKNOWN)
    turn.feed(UNKNOWN)
    assert (built, turn.fault) == ([OTHER], "UNKNOWN_MODEL")


def test_the_fallback_model_gets_its_own_headers():
    other = replace(OTHER, headers=(("x-beta", "thinking"),))
    turn = Turn(plan(fallback=other))
    turn.feed(UNKNOWN)
    assert [attempt.request.headers for attempt in turn.attempts] == [(), other.headers]


def test_the_fault_remains_if_the_fallback_cannot_be_built():
    turn = Turn(replace(plan(), alternatives=Alternatives(fallback=lambda: None)))
    turn.feed(UNKNOWN)
    assert turn.fault == "UNKNOWN_MODEL"
