"""The upstream attempts of one turn: each is announced before it is sent, and ends exactly once.

One attempt is open at a time. The usage of all attempts adds up to the turn's bill.
"""

from dataclasses import dataclass, replace

from domain.conversation.provenance import taken_by
from domain.turn.answer import Answer
from domain.turn.outcome import Outcome, Stop
from domain.turn.steps import AttemptBegan, AttemptEnded, CallUpstream, Step, UnknownTypes
from domain.usage.accounting import add
from domain.usage.facts import joined
from ports.answer_facts import AnswerFacts
from ports.responses import Reach, UpstreamRequest
from ports.usage import Usage

MOST_UNKNOWN = 20
"""Unknown types of events, and of items, that one attempt reports."""


@dataclass(slots=True)
class Bill:
    """The usage of all attempts of a turn, as upstream reported it; `facts`: what it said about its answers."""

    usage: Usage | None = None
    facts: AnswerFacts | None = None

    def add(self, part: AttemptEnded) -> None:
        """Add one attempt."""
        if part.usage is not None:
            self.usage = part.usage if self.usage is None else add(self.usage, part.usage)
        if part.facts is not None:
            self.facts = part.facts if self.facts is None else joined(self.facts, part.facts)


@dataclass(slots=True)
class Latest:
    """The latest attempt: what is `asked`, whether it is open, when it is sent (s), what upstream named and counted."""

    asked: UpstreamRequest | None = None
    open: bool = False
    sends_at: float = 0.0
    response_id: str = ""
    model: str = ""
    usage: Usage | None = None
    facts: AnswerFacts | None = None


class Attempts:
    """All attempts of one turn. `number` counts them.

    `answered`: upstream sent something in the latest attempt; `heard`: when it last did (s). `response_id` and `model`
    are the newest known of any attempt, `endpoint` is the latest one's. `ignored` counts events we have no use for.
    `unreported` holds announcements that `feed` has not yet returned; if `feed` fails, the next call returns them.
    """

    def __init__(self) -> None:
        self.number = 0
        self.bill = Bill()
        self.heard = 0.0
        self.answered = False
        self.latest = Latest()
        self.response_id = self.model = ""
        self.ignored = 0
        self.endpoint = ""
        self.unreported: list[Step] = []
        self._unknown: dict[str, None] = {}

    def begin(self, sending: UpstreamRequest, after: float, now: float) -> list[Step]:
        """Announce the next attempt and call upstream `after` seconds from `now`."""
        self.number += 1
        self.latest = Latest(sending, open=True, sends_at=now + after)
        self.heard, self.answered = now + after, False
        self.endpoint = sending.endpoint.value
        items = taken_by(sending.endpoint, sending.body.input)
        body = sending.body if items is sending.body.input else replace(sending.body, input=items)
        began = AttemptBegan(self.number, body, sending.endpoint)
        self.unreported.append(began)
        return [began, CallUpstream(sending if body is sending.body else replace(sending, body=body), after)]

    def name(self, response_id: str, model: str) -> None:
        """Store the id of the response and the model that answers, as far as upstream names them."""
        latest = self.latest
        latest.response_id = response_id or latest.response_id
        latest.model = model or latest.model
        self.response_id = response_id or self.response_id
        self.model = model or self.model

    def ignore(self, what: str, count: int, *, unknown: bool) -> None:
        """Count events that are left out; note the types that nobody knows."""
        self.ignored += count
        if unknown and len(self._unknown) < MOST_UNKNOWN:
            self._unknown[what] = None

    def end(self, how: Stop, now: float, answer: Answer) -> list[Step]:
        """End the open attempt, if there is one.

        An attempt that upstream answered may be billed even if its bill never came.
        """
        if not self.latest.open:
            return []
        unbilled = answer.received if how.usage is None and self.answered and how.billable else None
        outcome = Outcome(how.ending, self._reach(how.reach, now))
        named = (self.latest.response_id, self.latest.model)
        facts = how.facts or (how.problem.facts if how.problem is not None else None)
        ended = AttemptEnded(self.number, outcome, how.usage, *named, unbilled, facts, how.fault, self.endpoint)
        self.bill.add(ended)
        self.latest.open, self.latest.usage, self.latest.facts = False, how.usage, facts
        events, self._unknown = tuple(self._unknown), {}
        items = tuple(dict.fromkeys(answer.unknown_types))[:MOST_UNKNOWN]
        steps: list[Step] = [ended, *([UnknownTypes(events, items)] if events or items else [])]
        self.unreported += steps
        return steps

    def _reach(self, reported: Reach | None, now: float) -> Reach:
        if self.answered:
            return Reach.STREAMING
        return reported or (Reach.NOT_SENT if now < self.latest.sends_at else Reach.SENT)
