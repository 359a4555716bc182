"""Book the attempts of one turn: each gets an entry in the ledger before it is sent, which ends once, and a price."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from domain.catalog.selection import find
from domain.conversation.bounded_ids import bounded_id
from domain.conversation.figures import Figures
from domain.faults.classify import UNCERTAIN_STATUSES
from domain.request.turn_request import Caller, TurnRequest
from domain.services.keep_ledger import KeepLedger
from domain.services.store_budget import StoreBudget
from domain.services.turn_bill import TurnBill
from domain.services.turn_tally import TurnTally
from domain.turn.attempt_bill import is_free_of_charge
from domain.turn.outcome import Ending
from domain.turn.steps import AttemptBegan, AttemptEnded, Booking, CallUpstream
from domain.usage.entries import ended, key_id_of
from domain.usage.prices import Consumed, EndOfAttempt, Price, price_of, price_of_attempt
from ports.catalog import Model
from ports.ledger import Entry, EntryState
from ports.responses import Limits, Reach, Route, UpstreamCall

CHAT, TASK = "chat", "task"
COMPLETE = frozenset({Ending.COMPLETED, Ending.CUT_SHORT})
"""Endings after which the next attempt of the turn is one of a new call."""


@dataclass(slots=True)
class SentAttempt:
    """An attempt without an entry; implements CallWatch. `released`: the request may have been written."""

    released: bool = False
    is_over: bool = False

    async def sending(self) -> None:
        """Note that the request leaves."""
        self.released = True

    def answered(self, generation_id: str) -> None:
        """There is no entry to store the id in."""

    def refused(self, status: int) -> None:
        """There is no entry that would be free."""

    def closed(self) -> None:
        """There is no entry to end."""


@dataclass(slots=True)
class BookedAttempt:
    """The entry of one attempt; implements CallWatch.

    `done`: its latest state is stored. `time`: what the store may add to the turn. `released`: the request may have
    been written. `is_over`: the attempt has ended. `ending`: what ends the entry of an attempt that its reader left,
    once the connection is closed: until then upstream may still name the call, or refuse it with the status `refusal`.
    `final`: where the entry will be found with figures that the end of the attempt did not bring; cancelled if nobody
    looks for them any more.
    """

    keeper: KeepLedger
    entry: Entry
    done: asyncio.Event
    time: StoreBudget | None = None
    released: bool = False
    is_over: bool = False
    ending: Callable[[], None] | None = None
    refusal: int | None = None
    final: "asyncio.Future[Entry] | None" = None

    async def sending(self) -> None:
        """Return once the entry is durable, or the store has failed or taken too long."""
        await self.keeper.stored(self.entry, self.done, self.time)
        if self.is_over:  # it is booked as never sent, and about to be closed
            await asyncio.get_running_loop().create_future()
        self.released = True

    def answered(self, generation_id: str) -> None:
        """Store the id under which upstream's record of the call is found."""
        if generation_id and (not self.is_over or self.ending is not None):
            self.change(replace(self.entry, generation_id=bounded_id(generation_id)))

    def refused(self, status: int) -> None:
        """Remember a refusal that nobody will read."""
        self.refusal = status

    def closed(self) -> None:
        """End the entry if it waits for that."""
        ending, self.ending = self.ending, None
        if ending is not None:
            ending()

    def change(self, entry: Entry) -> None:
        """Store a newer state of the entry."""
        self.entry, self.done = entry, self.keeper.note(entry)

    def awaits(self) -> "asyncio.Future[Entry]":
        """Return where the final entry will be found."""
        if self.final is None:
            self.final = asyncio.get_running_loop().create_future()
        return self.final

    def billed(self, looking: "asyncio.Task[Entry]") -> None:
        """Take the final entry from the task that looked for its bill."""
        final = self.awaits()
        if looking.cancelled() or looking.exception() is not None:
            final.cancel()
        elif not final.done():
            final.set_result(looking.result())


class BookAttempts:
    """The attempts of one turn: all have their price in its `bill`, and with a `keeper` each has an entry.

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
        bill: TurnBill,
        *,
        names_chat: bool = True,
        time: StoreBudget | None = None,
    ) -> None:
        self._keeper, self._request, self._route = keeper, request, route
        self._model, self._models, self._figures = model, models, figures
        self._names_chat, self._bill, self._time = names_chat, bill, time
        self._call_no, self._attempt_no = 1, 0
        self.latest: BookedAttempt | SentAttempt | None = None

    def call(self, limits: Limits, command: CallUpstream) -> UpstreamCall:
        """Return the call of the latest attempt."""
        return UpstreamCall(self._route, command.request, limits, self.latest)

    def before(self, journal: Callable[[Booking], None], tally: TurnTally | None = None) -> Callable[[Booking], None]:
        """Return a function that books attempts, then calls `journal`, for ended attempts with their price.

        `tally`, which the journal fills, is told where figures will be found that an end did not bring.
        """

        return partial(self._booked, journal, tally)

    def _booked(self, journal: Callable[[Booking], None], tally: TurnTally | None, entry: Booking) -> None:
        if isinstance(entry, AttemptBegan):
            self._began(entry)
        elif isinstance(entry, AttemptEnded):
            entry = self._ended(entry)
        journal(entry)
        if tally is not None and isinstance(entry, AttemptEnded) and isinstance(self.latest, BookedAttempt):
            tally.expect(entry.no, self.latest.final)

    def _began(self, attempt: AttemptBegan) -> None:
        """Book an attempt that will be sent."""
        self._attempt_no += 1
        asked = attempt.body.model
        if self._model is None or self._model.id != asked:
            self._model = find(asked, self._models) or find(asked.partition(":")[0], self._models)
        keeper = self._keeper
        if keeper is None:
            self.latest = SentAttempt()
            return
        request, person = self._request, self._request.person
        guess = price_of(Consumed(model=self._model, sent_characters=self._figures.sent))  # never silently zero
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
            key_id=key_id_of(self._route),
            requested_model=bounded_id(asked),
            cost=guess.cost,
            upstream_cost=guess.upstream_cost,
            cost_source=guess.source,
        )
        self.latest = BookedAttempt(keeper, entry, keeper.note(entry, at_once=True), self._time)

    def _ended(self, attempt: AttemptEnded) -> AttemptEnded:
        """Book the end of the attempt; return it with its price, and as not sent if it never left."""
        latest = self.latest
        if latest is None or latest.is_over:
            return attempt
        latest.is_over = True
        end = self._end_of(attempt, released=latest.released)
        price = price_of_attempt(end)
        self._bill.add(price)
        if self._keeper is not None and isinstance(latest, BookedAttempt):
            if attempt.outcome.ending is Ending.CANCELLED and end.was_sent and not latest.entry.generation_id:
                latest.ending = partial(self._close, self._keeper, latest, end, price)
                latest.awaits()
            else:
                self._close(self._keeper, latest, end, price)
        if attempt.outcome.ending in COMPLETE:
            self._call_no, self._attempt_no = self._call_no + 1, 0
        outcome = attempt.outcome if end.was_sent else replace(attempt.outcome, reach=Reach.NOT_SENT)
        return replace(attempt, price=price, outcome=outcome)

    def _close(self, keeper: KeepLedger, booked: BookedAttempt, end: EndOfAttempt, price: Price) -> None:
        """End the entry of an attempt, or look for its bill."""
        if booked.refusal is not None and booked.refusal not in UNCERTAIN_STATUSES:
            end = replace(end, is_free=True)
            price = price_of_attempt(end)
        booked.change(ended(booked.entry, end, price, keeper.clock.now()))
        looking: asyncio.Task[Entry] | None = None
        if booked.entry.state is EntryState.STARTED and keeper.bills is not None:
            looking = keeper.bills.begin(self._route, booked.entry)
        if looking is not None:
            booked.awaits()
            looking.add_done_callback(booked.billed)
        elif booked.final is not None:
            booked.final.set_result(booked.entry)

    def _end_of(self, attempt: AttemptEnded, *, released: bool) -> EndOfAttempt:
        facts = attempt.facts
        return EndOfAttempt(
            was_sent=_was_sent(attempt.outcome.reach, released=released),
            is_free=is_free_of_charge(attempt),
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


def _was_sent(reach: Reach, *, released: bool) -> bool:
    return reach is Reach.STREAMING or (released and reach is not Reach.NOT_SENT)
