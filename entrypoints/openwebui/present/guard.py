"""The guard around what leaves for the host: a defect of ours becomes the end of the stream, never an exception."""

import traceback
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from domain.faults.fault import Fault, FaultKind
from domain.turn.steps import End, Ended, Output, Reason
from entrypoints.openai.errors import error_object
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.present.frames import Frame, Presenter
from entrypoints.openwebui.vocabulary import VALVES
from ports.ids import Ids
from ports.telemetry import Telemetry
from ports.usage import Timing

ADDED = "response.output_item.added"
NOT_COMPLETED = "Not completed: the turn ended."


class Unended(Exception):
    """The outputs of a turn stopped without an end."""


class Guard:
    """Around the presenter of one turn: the stream ends once, whatever happens.

    Also keeps in mind which calls the host has seen without an output: it would run those itself and ask again, even
    after an error. Source: the output profiles, stop and errors.
    """

    def __init__(self, presenter: Presenter, ids: Ids, telemetry: Telemetry) -> None:
        self._presenter, self._ids, self._telemetry = presenter, ids, telemetry
        self._items = 0
        self._open: dict[str, None] = {}
        self._ended = False

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece."""
        return self._presenter.repeated

    def present(self, output: Output) -> Sequence[Frame]:
        """Translate one output. Raises what the presenter raises; nothing follows the end."""
        if self._ended:
            return []
        frames = self._presenter.present(output)
        self._ended = isinstance(output, Ended)
        for frame in frames:
            if isinstance(frame, Yield) and isinstance(frame.payload, dict) and frame.payload.get("type") == ADDED:
                self._note(frame.payload["item"])
        return frames

    def completed(self) -> None:
        """Note that no output will follow. Raises Unended if there was no end."""
        if not self._ended:
            raise Unended

    def closing(self, defect: Exception) -> Sequence[Frame]:
        """Log a defect; return the frames that end the stream with a fault, none if it has ended."""
        error_id = self._ids.new_error_id()
        self._tell(defect, error_id)
        fault = Fault(FaultKind.INTERNAL, type(defect).__name__)
        try:
            frames = self.present(Ended(End(Reason.FAULT, Timing(0.0), error_id, fault)))
        except Exception as second:  # noqa: BLE001 - the same edge: the presenter is broken, its last words too
            self._tell(second, error_id)
            frames = self._bare(fault, error_id)
        self._ended = True
        return frames

    async def close(self, outputs: AsyncGenerator[Output, None]) -> None:
        """Close the turn; a defect in doing so is only logged."""
        try:
            await outputs.aclose()
        except Exception as defect:  # noqa: BLE001 - the same edge: everything was said, there is nobody to tell
            self._tell(defect, self._ids.new_error_id())

    def _note(self, item: dict[str, Any]) -> None:
        self._items += 1
        if item["type"] == "function_call":
            self._open[item["call_id"]] = None
        elif item["type"] == "function_call_output":
            self._open.pop(item["call_id"], None)

    def _bare(self, fault: Fault, error_id: str) -> list[Frame]:
        frames: list[Frame] = []
        for index, call_id in enumerate(self._open, self._items):
            item = {
                "type": "function_call_output",
                "id": f"fo_{call_id}",
                "call_id": call_id,
                "status": "completed",
                "output": [{"type": "input_text", "text": NOT_COMPLETED}],
            }
            frames.append(Yield({"type": ADDED, "output_index": index, "item": item}))
        return [*frames, Yield({"error": error_object(fault, error_id, VALVES)})]

    def _tell(self, defect: Exception, error_id: str) -> None:
        """Log without the text of the defect, which may quote what was sent."""
        places = "".join(traceback.format_tb(defect.__traceback__)[-3:])
        self._telemetry.event(
            "error", "answer_not_shown", error_id=error_id, error=type(defect).__name__, places=places
        )
