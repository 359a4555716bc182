"""Guard the page's stream: even after a defect, no call is left without an output."""

from collections.abc import Sequence
from typing import Any

from domain.turn.steps import Output
from entrypoints.openai.frames import Yield
from entrypoints.openai.guard import Guard
from entrypoints.openwebui.present.frames import Frame, Presenter
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.vocabulary import Vocabulary
from ports.ids import Ids
from ports.telemetry import Telemetry

ADDED = "response.output_item.added"
NOT_COMPLETED = "Not completed: the turn ended."


class PageGuard(Guard):
    """Tracks calls the host has seen without an output: the host would run those itself and ask the model again.

    It does so even after an error. Source: the output profiles, stop and errors.
    """

    def __init__(self, presenter: Presenter, ids: Ids, telemetry: Telemetry, vocabulary: Vocabulary = VALVES) -> None:
        super().__init__(presenter, ids, telemetry, vocabulary)
        self._page = presenter
        self._items = 0
        self._open: dict[str, None] = {}

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece."""
        return self._page.repeated

    def present(self, output: Output) -> Sequence[Frame]:
        """Render one output and note which calls it opens and closes."""
        frames: Sequence[Frame] = [*super().present(output)]
        for frame in frames:
            if isinstance(frame, Yield) and isinstance(frame.payload, dict) and frame.payload.get("type") == ADDED:
                self._note(frame.payload["item"])
        return frames

    def unfinished(self) -> Sequence[Yield]:
        """Return an output for every call that has none."""
        frames: list[Yield] = []
        for index, call_id in enumerate(self._open, self._items):
            item = {
                "type": "function_call_output",
                "id": f"fo_{call_id}",
                "call_id": call_id,
                "status": "completed",
                "output": [{"type": "input_text", "text": NOT_COMPLETED}],
            }
            frames.append(Yield({"type": ADDED, "output_index": index, "item": item}))
        return frames

    def _note(self, item: dict[str, Any]) -> None:
        self._items += 1
        if item["type"] == "function_call":
            self._open[item["call_id"]] = None
        elif item["type"] == "function_call_output":
            self._open.pop(item["call_id"], None)
