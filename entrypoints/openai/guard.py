"""The guard around what leaves for a caller: a defect of ours becomes the end of the stream, never an exception."""

import traceback
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any, Protocol

from domain.faults.fault import Fault, FaultKind
from domain.turn.steps import End, Ended, Output, Reason, ShowText
from entrypoints.openai.errors import error_object
from entrypoints.openai.frames import Yield
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.ids import Ids
from ports.telemetry import Telemetry
from ports.usage import Timing


class Presents(Protocol):
    """Translates the outputs of one turn, in order."""

    def present(self, output: Output) -> Iterable[Any]:
        """Return the frames of one output, `Yield` for the stream; those of `Ended` close it."""
        ...


class Unended(Exception):
    """The outputs of a turn stopped without an end."""


def _none(_output: ShowText) -> None:
    return None


class Guard:
    """Around the presenter of one turn: the stream ends once, whatever happens.

    Not generic over the frames: what `typing` remembers of a class outlives the load of the single file it is from.
    """

    def __init__(self, presenter: Presents, ids: Ids, telemetry: Telemetry, vocabulary: Vocabulary = NEUTRAL) -> None:
        self._presenter, self._ids, self._telemetry, self._vocabulary = presenter, ids, telemetry, vocabulary
        self._ended = False
        self.plain: Callable[[ShowText], dict[str, Any] | str | None] = getattr(presenter, "plain", _none)
        """Returns the chunk of a text that only goes on with the one before; None if `present` has to be asked."""

    def present(self, output: Output) -> Iterable[Any]:
        """Translate one output. Raises what the presenter raises; nothing follows the end."""
        if self._ended:
            return ()
        frames = self._presenter.present(output)
        if isinstance(output, Ended):
            self._ended, self.plain = True, _none
        return frames

    def completed(self) -> None:
        """Note that no output will follow. Raises Unended if there was no end."""
        if not self._ended:
            raise Unended

    def closing(self, defect: Exception) -> Iterable[Any]:
        """Log a defect; return the frames that end the stream with a fault, none if it has ended."""
        error_id = self._ids.new_error_id()
        self._tell(defect, error_id)
        fault = Fault(FaultKind.INTERNAL, type(defect).__name__)
        try:
            frames: Iterable[Any] = self.present(Ended(End(Reason.FAULT, Timing(0.0), error_id, fault)))
        except Exception as second:  # noqa: BLE001 - the same edge: the presenter is broken, its last words too
            self._tell(second, error_id)
            frames = [*self.unfinished(), Yield({"error": error_object(fault, error_id, self._vocabulary)})]
        self._ended, self.plain = True, _none
        return frames

    def unfinished(self) -> Sequence[Yield]:
        """Return what must be finished before the error that a broken presenter cannot write."""
        return ()

    async def close(self, outputs: AsyncGenerator[Output, None]) -> None:
        """Close the turn; a defect in doing so is only logged."""
        try:
            await outputs.aclose()
        except Exception as defect:  # noqa: BLE001 - the same edge: everything was said, there is nobody to tell
            self._tell(defect, self._ids.new_error_id())

    def _tell(self, defect: Exception, error_id: str) -> None:
        """Log without the text of the defect, which may quote what was sent."""
        places = "".join(traceback.format_tb(defect.__traceback__)[-3:])
        self._telemetry.event(
            "error", "answer_not_shown", error_id=error_id, error=type(defect).__name__, places=places
        )
