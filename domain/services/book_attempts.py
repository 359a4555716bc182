"""Book the attempts of one turn in the ledger: each gets an entry before it is sent, which ends once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from domain.catalog.selection import find
from domain.conversation.bounded_ids import bounded_id
from domain.conversation.figures import Figures
from domain.faults.fault import RetryRule
from domain.request.turn_request import Caller, TurnRequest
from domain.services.keep_ledger import KeepLedger
from domain.services.store_budget import StoreBudget
from domain.turn.outcome import Ending
from domain.turn.steps import AttemptBegan, AttemptEnded, Booking
from domain.usage.entries import EndOfAttempt, ended, guessed, key_id_of
from domain.usage.prices import Consumed
from ports.catalog import Model
from ports.ledger import Entry, EntryState
from ports.responses import Reach, Route

CHAT, TASK = "chat", "task"
COMPLETE = frozenset({Ending.COMPLETED, Ending.CUT_SHORT})
"""Endings after which the next attempt of the turn is one of a new call."""


@dataclass(slots=True)
class BookedAttempt:
    """The entry of one attempt; implements CallWatch.

    `done`: its latest state is stored. `time`: what the store may add to the turn. `released`: the request may have
    been written. `is_over`: the attempt has ended.
    """

    keeper: KeepLedger
    entry: Entry
    done: "asyncio.Future[None]"
    time: StoreBudget | None = None
    released: bool = False
    is_over: bool = False

    async def sending(self) -> None:
        """Return once the entry is durable, or the store has failed or taken too long."""
        await self.keeper.stored(self.entry, self.done, self.time)
        if self.is_over:  # it is booked as never sent, and about to be closed
            await asyncio.get_running_loop().create_future()
        self.released = True

    def answered(self, generation_id: str) -> None:
        """Store the id under which upstream's record of the call is found."""
        if generation_id and not self.is_over:
            self.change(replace(self.entry, generation_id=bounded_id(generation_id)))

    def change(self, entry: Entry) -> None:
        """Store a newer state of the entry."""
        self.entry, self.done = entry, self.keeper.note(entry)


class BookAttempts:
    """The attempts of one turn; without a `keeper` none is booked.

    `model` is the one the turn is for; others are looked up in `models`, the catalog. `names_chat`: entries have the
    ids of chat and message. `time`: what the store may add to the turn.
    """

    def __init__(
        self,
        keeper: KeepLedger | None,
        request: TurnRequest,
        route: Route,
        model: Model | None,
        models: tuple[Model, ...],
        figures: Figures,
        *,
        names_chat: bool = True,
        time: StoreBudget | None = None,
    ) -> None:
        self._keeper, self._request, self._route = keeper, request, route
        self._model, self._models, self._figures = model, models, figures
        self._names_chat, self._time = names_chat, time
        self._call_no, self._attempt_no = 1, 0
        self.latest: BookedAttempt | None = None

    def before(self, journal: Callable[[Booking], None]) -> Callable[[Booking], None]:
        """Return a function that books what concerns the ledger, then calls `journal`."""
        keeper = self._keeper
        if keeper is None:
            return journal

        def booked(entry: Booking) -> None:
            if isinstance(entry, AttemptBegan):
                self._began(keeper, entry)
            elif isinstance(entry, AttemptEnded):
                self._ended(keeper, entry)
            journal(entry)

        return booked

    def _began(self, keeper: KeepLedger, attempt: AttemptBegan) -> None:
        """Book an attempt that will be sent."""
        self._attempt_no += 1
        request, person = self._request, self._request.person
        asked = attempt.body.model
        if self._model is None or self._model.id != asked:
            self._model = find(asked, self._models) or find(asked.partition(":")[0], self._models)
        entry = Entry(
            request.ledger.namespace,
            request.turn_id,
            self._call_no,
            self._attempt_no,
            keeper.clock.now(),
            kind=bounded_id(request.task) or (TASK if request.caller is Caller.TASK else CHAT),
            user_id=person.user_id,
            chat_id=person.chat_id if self._names_chat else "",
            message_id=person.message_id if self._names_chat else "",
            endpoint=attempt.endpoint.value,
            key_id=key_id_of(self._route.api_key),
            requested_model=bounded_id(asked),
        )
        entry = guessed(entry, Consumed(model=self._model, sent_characters=self._figures.sent))
        self.latest = BookedAttempt(keeper, entry, keeper.note(entry, at_once=True), self._time)

    def _ended(self, keeper: KeepLedger, attempt: AttemptEnded) -> None:
        """Book the end of the attempt."""
        booked = self.latest
        if booked is None or booked.is_over:
            return
        booked.is_over = True
        facts = attempt.facts
        end = EndOfAttempt(
            was_sent=_was_sent(attempt.outcome.reach, released=booked.released),
            is_free=_is_free(attempt),
            consumed=Consumed(
                attempt.usage,
                None,
                self._model,
                sent_characters=self._figures.sent,
                received_characters=attempt.unbilled or 0,
            ),
            generation_id=bounded_id(attempt.generation_id),
            model=bounded_id(attempt.model),
            provider=bounded_id(facts.provider) if facts is not None else "",
            is_byok=facts is not None and facts.is_byok,
        )
        booked.change(ended(booked.entry, end, keeper.clock.now()))
        if booked.entry.state is EntryState.STARTED and keeper.bills is not None:
            keeper.bills.begin(self._route, booked.entry)
        if attempt.outcome.ending in COMPLETE:
            self._call_no, self._attempt_no = self._call_no + 1, 0


def _was_sent(reach: Reach, *, released: bool) -> bool:
    return reach is Reach.STREAMING or (released and reach is not Reach.NOT_SENT)


def _is_free(attempt: AttemptEnded) -> bool:
    """Return whether upstream refused the attempt before the model wrote anything, and cannot have billed it."""
    if attempt.usage is not None or attempt.unbilled is not None:
        return False
    if attempt.outcome.reach is Reach.STREAMING:
        return True
    certain = attempt.fault is not None and attempt.fault.rule is not RetryRule.UNCERTAIN
    return certain and attempt.outcome.ending is Ending.REFUSED
