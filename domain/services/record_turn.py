"""The recording of one turn: its ids in every log line, and a transcript if somebody keeps records."""

from collections.abc import Awaitable

from domain.request.turn_request import TurnRequest
from domain.services.turn_mask import TurnMask
from domain.turn.machine import TurnMachine
from domain.turn.plan import TurnPlan
from domain.turn.recorded import RecordingMachine
from ports.clock import Clock
from ports.transcripts import Transcript, Transcripts, TurnIds
from ports.turn_scope import close_turn, enter_turn, leave_turn, open_turn


class Recording:
    """Opened as a turn begins, in its task; closed once it is settled, however it ended.

    Without a `store` nothing is recorded.
    """

    def __init__(
        self, request: TurnRequest, error_id: str, mask: TurnMask, clock: Clock, store: Transcripts | None
    ) -> None:
        person = request.person
        ids = TurnIds(
            request.turn_id,
            error_id,
            person.user_id,
            person.chat_id,
            person.message_id,
            person.session_id,
            request.task,
        )
        self._store = store
        self._transcript: Transcript | None = None
        if store is not None:
            most, now = store.most_entries, clock.monotonic
            self._transcript = Transcript(ids, mask=mask.text, most=most, began=clock.now(), now=now)
        self._turn = open_turn(ids.named(), self._transcript)
        self.enter()

    def enter(self) -> None:
        """Let the running task, and those it starts, belong to the turn."""
        enter_turn(self._turn)

    def leave(self) -> None:
        """Let the running task belong to no turn."""
        leave_turn(self._turn)

    def machine(self, plan: TurnPlan) -> TurnMachine:
        """Return the machine of the turn."""
        return TurnMachine(plan) if self._transcript is None else RecordingMachine(plan, self._transcript)

    async def to_the_end(self, settling: Awaitable[object]) -> None:
        """Await the settlement as a part of the turn, and close the recording."""
        self.enter()
        try:
            await settling
        finally:
            self.close()

    def close(self) -> None:
        """Hand the transcript to its store, once; nothing that is logged later belongs to the turn."""
        close_turn(self._turn)
        transcript, self._transcript = self._transcript, None
        if transcript is not None and self._store is not None:
            transcript.closed = True
            self._store.accept(transcript)
