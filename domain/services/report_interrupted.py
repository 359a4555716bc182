"""Report tool calls of interrupted answers: their process was lost before the turn ended.

The journal is read unless this process knows that every answer before the question is complete: it gave or checked
the previous answer itself. Every later turn reports the same calls, so that the model never forgets them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from domain.conversation.bounded_ids import cache_key
from domain.conversation.interrupted_calls import (
    InterruptedAnswer,
    InterruptedCall,
    compared_characters,
    not_shown,
    open_outputs,
)
from domain.conversation.marks import Marks, is_answer
from domain.conversation.placeholders import MAY_HAVE_RUN
from domain.conversation.record import TurnRecord
from domain.recent import Recent
from domain.request.turn_request import Person, TurnRequest
from domain.services.journal_calls import UNAVAILABLE
from domain.services.journal_results import open_results
from domain.services.owned_tasks import Own
from domain.services.remember_turn import TurnMemory
from domain.services.store_budget import STORE_SECONDS, StoreBudget, StoreHealth, StoreTrouble
from ports.chats import Chats, ChatsUnavailable, LineMessage
from ports.offload import Offload
from ports.telemetry import Telemetry
from ports.tool_runs import RunState, ToolRun, ToolRuns

ANSWERS_KNOWN, RUNS_READ = 10_000, 100
LINE_SECONDS = 3.0
"""Longest wait for the host to return the messages before a question, in seconds."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Interrupted calls: placeholder outputs by host id (`unknown`), and tools missing from the history (`answers`)."""

    unknown: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[InterruptedAnswer, ...] = ()


class ReportInterrupted:
    """The use case; belongs to one event loop. Raises nothing but cancellation. `own` holds its background tasks."""

    def __init__(
        self,
        runs: ToolRuns,
        chats: Chats | None,
        *,
        offload: Offload,
        telemetry: Telemetry,
        store: StoreHealth,
        own: Own,
    ) -> None:
        self._runs, self._chats, self._offload, self._telemetry = runs, chats, offload, telemetry
        self._store, self._own = store, own
        self._clean = Recent[bytes, None](ANSWERS_KNOWN)  # answers in progress that follow no interrupted answer
        self._whole = Recent[bytes, None](ANSWERS_KNOWN)  # completed answers up to which nothing is to be reported

    async def report(
        self,
        request: TurnRequest,
        marks: Marks,
        records: Sequence[TurnRecord],
        memory: TurnMemory | None,
        time: StoreBudget,
    ) -> Interrupted:
        """Return the calls to report in a request; `marks` belong to its history, `records` are its stored turns."""
        person, namespace = request.person, request.memory.namespace
        open_calls = marks.open_calls
        ask = self._must_ask(request)
        self._clean.pop(_answer(request, person.message_id), None)
        if not (open_calls or ask):
            self._note(self._clean, request)
            return Interrupted()
        turns = {call.turn_id for call in open_calls}
        try:
            async with time.asked(UNAVAILABLE):
                runs = await self._runs.unsettled(
                    namespace, person.user_id, chat_id=person.chat_id if ask else "", turn_ids=turns, limit=RUNS_READ
                )
        except StoreTrouble:
            return Interrupted({call.call_id: MAY_HAVE_RUN for call in open_calls})
        if not runs:
            self._note(self._clean, request)
            return Interrupted()
        return await self._found(request, marks, records, memory, runs)

    def completed(self, request: TurnRequest) -> None:
        """Take note that the answer was completed and what it leaves was stored: later turns need not ask below it.

        One that was stopped, failed or cannot be stored is asked about again: its own calls may have run.
        """
        if _answer(request, request.person.message_id) in self._clean:
            self._note(self._whole, request)

    # --- details ------------------------------------------------------------------------------------------

    async def _found(
        self,
        request: TurnRequest,
        marks: Marks,
        records: Sequence[TurnRecord],
        memory: TurnMemory | None,
        runs: Sequence[ToolRun],
    ) -> Interrupted:
        kept = await open_results(runs, memory, self._offload)
        calls = [
            InterruptedCall(run.turn_id, run.call_id, run.name, run.state is RunState.FINISHED, one)
            for run, one in zip(runs, kept, strict=True)
        ]
        size = compared_characters(marks, calls)
        outputs = await self._offload.run(lambda: open_outputs(marks.open_calls, calls), size=size)
        left = await self._offload.run(lambda: not_shown(marks, records, calls), size=size)
        self._settle(request.memory.namespace, calls, left, records)
        line = await self._line(request.person) if left else ()
        answers = _by_question(request.person, line or (), left, {run.turn_id: run.message_id for run in runs})
        if not answers and line is not None:
            self._note(self._clean, request)
        if answers or outputs:
            reported = [call for answer in answers for call in answer.calls]
            self._telemetry.event(
                "info",
                "broken_off_reported",
                chat_id=request.person.chat_id,
                turns=len({call.turn_id for call in reported}),
                results=sum(call.kept is not None for call in reported),
                lost=sum(call.kept is None for call in reported),
                open_calls=len(outputs),
            )
        return Interrupted(outputs, answers)

    def _must_ask(self, request: TurnRequest) -> bool:
        person = request.person
        goes_on = bool(request.messages) and is_answer(request.messages[-1])
        before = (person.parent_id, person.message_id if goes_on else "")
        return bool(person.chat_id) and any(one and _answer(request, one) not in self._whole for one in before)

    def _note(self, notes: Recent[bytes, None], request: TurnRequest) -> None:
        """Note an answer that follows no interrupted answer. If this process is lost, so is the note."""
        if request.person.message_id:
            notes[_answer(request, request.person.message_id)] = None

    def _settle(
        self,
        namespace: str,
        calls: Sequence[InterruptedCall],
        left: Sequence[InterruptedCall],
        records: Sequence[TurnRecord],
    ) -> None:
        """Settle turns whose records are stored: only their entry in the journal is outdated."""
        stored = {record.turn_id for record in records} & {call.turn_id for call in calls}
        if whole := sorted(stored - {call.turn_id for call in left}):
            self._own(self._settled(namespace, whole), "openrouter-pipe-settle-runs")

    async def _settled(self, namespace: str, turn_ids: Sequence[str]) -> None:
        with suppress(StoreTrouble):  # a later turn tries again
            for turn_id in turn_ids:
                async with self._store.watched(UNAVAILABLE, writes=True, seconds=STORE_SECONDS):
                    await self._runs.settle(namespace, turn_id)

    async def _line(self, person: Person) -> Sequence[LineMessage] | None:
        """Return the messages up to the answer before the question; None if the host cannot say."""
        if self._chats is None or not person.parent_id:
            return ()
        try:
            async with asyncio.timeout(LINE_SECONDS):
                return await self._chats.line(person.chat_id, person.parent_id) or None
        except (ChatsUnavailable, TimeoutError):
            return None


def _answer(request: TurnRequest, message_id: str) -> bytes:
    """Return the key of an answer: a copy of a chat has the message ids of the original."""
    return cache_key(request.memory.namespace, request.person.user_id, request.person.chat_id, message_id)


def _by_question(
    person: Person, line: Sequence[LineMessage], calls: Sequence[InterruptedCall], messages: Mapping[str, str]
) -> tuple[InterruptedAnswer, ...]:
    """Select the calls of answers that precede this request, with the number of questions asked since.

    `messages`: the message id of each turn. If `line` is empty, only the answer before the question is known.
    """
    since, questions = {person.message_id: 0, person.parent_id: 1}, 1
    for message in line:
        if message.asked:
            questions += 1
        else:
            since[message.id] = questions
    by_message: dict[str, list[InterruptedCall]] = {}
    for call in calls:
        by_message.setdefault(messages[call.turn_id], []).append(call)
    return tuple(
        InterruptedAnswer(since[message_id], tuple(found))
        for message_id, found in by_message.items()
        if message_id and message_id in since
    )
