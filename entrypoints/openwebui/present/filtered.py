"""Render chunks for pages from 0.8 on while a filter of the host reads the stream.

Filters are documented for chunks: they edit `choices[0].delta.content`. So texts and thoughts are chunks, of which the
host itself makes the items that it stores; only tools are items of ours. No list of all items is ever sent, because it
would put the unedited text back. Every event has `choices`, which filters read without asking. Source: the hosts'
middleware, 0.8.12 to 0.12.4.
"""

from dataclasses import replace
from typing import Any

from domain.conversation.references import call_reference
from domain.faults.fault import Fault
from domain.turn.steps import (
    CloseReasoning,
    End,
    Ended,
    HandOverCall,
    Output,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowLogprobs,
    ShowReasoning,
    ShowServerTool,
    ShowStatus,
    ShowText,
)
from entrypoints.openai.frames import PICTURE, ChunkHead, Yield, chunk
from entrypoints.openwebui.history_format import details_entry, use_reference
from entrypoints.openwebui.host_call import Audience
from entrypoints.openwebui.present.beside import Beside
from entrypoints.openwebui.present.closing import closing_of
from entrypoints.openwebui.present.fault_text import uncalled
from entrypoints.openwebui.present.frames import BELOW, Emit, Frame, Unended, shown_result, status, status_frame
from entrypoints.openwebui.present.handover import call_item, can_run, output_item
from entrypoints.openwebui.present.tool_lines import ToolLines
from entrypoints.openwebui.present.turn_marker import TurnMarker
from entrypoints.openwebui.present.uses import use_of
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.escaping import picture, tool_name, unfenced
from ports.toolbox import ToolCall, ToolResult

LAST = 1_000_000
"""A position after all items: hosts and pages append what is not among the items."""


class FilteredPresenter:
    """For a person in the page of a host whose filters read the stream; `version` is the host's.

    A call is shown with its result, once it has ended; a status line reports it before. A marker line names the turn
    before the first text after what the page does not name it in.
    """

    def __init__(self, head: ChunkHead, turn_id: str, version: tuple[int, int], wishes: Wishes) -> None:
        self._head, self._turn_id, self._version, self._wishes = head, turn_id, version, wishes
        self._segment: int | None = None
        self._thought: int | None = None
        self._unended = Unended("</think")
        self._content = False
        self._marker = TurnMarker(turn_id, wanted=wishes.references)
        self._lines = ToolLines(wishes.vocabulary)
        self._shown = 0
        self._beside = Beside(wishes)

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece."""
        return self._shown if self._version < (0, 11) else 0

    def present(self, output: Output) -> list[Frame]:
        """Render one output."""
        match output:
            case ShowText(segment, text):
                return [self._text(segment, text)]
            case ShowReasoning(segment, text):
                return self._reasoning(segment, text)
            case CloseReasoning(segment, _, item):
                return self._referred(segment, shown=segment == self._thought or bool(item.get("encrypted_content")))
            case ShowImage(segment):
                return self._picture(segment, output)
            case ShowCitation():
                return self._beside.cite(output)
            case ShowLogprobs():  # no page shows them
                return []
            case ShowServerTool(segment, report):
                use = use_of(report, use_reference(self._turn_id, segment), self._wishes.vocabulary)
                shown = self._pair(segment, use.call, use.result) if use is not None else ()
                return [*self._beside.note(segment, report), *shown]
            case ShowStatus(said):
                return [status_frame(said, self._wishes.vocabulary)]
            case ShowCall(segment, call):
                return [self._lines.began(segment, call)]
            case ShowCallResult(segment, call, result):
                pair = self._pair(segment, self._shown_call(segment, call), result)
                return [*pair, *self._lines.ended(segment, call), *self._beside.of_result(result)]
            case HandOverCall(_, call, segment) if self._wishes.hands_over and can_run(call):
                self._content = True
                return [self._item(call_item(self._id("fc", segment), self._shown_call(segment, call)))]
            case HandOverCall(position, call):
                return [self._text(BELOW + position, uncalled(call.name, self._wishes.vocabulary))]
            case Ended(end):
                return self._end(end)

    # --- parts --------------------------------------------------------------------------------------------

    def _text(self, segment: int, text: str) -> Yield:
        self._content = self._content or bool(text.strip())
        if self._segment != segment and segment < BELOW:
            text = self._marker.before(text)
        parted = text if self._segment in (None, segment) else "\n\n" + text
        self._segment = segment
        return self._delta({"content": parted}, len(parted))

    def _reasoning(self, segment: int, text: str) -> list[Frame]:
        parted = text if self._thought in (None, segment) else "\n\n" + text
        self._thought = segment
        if self._version < (0, 10):
            self._marker.owe()
        if not self._wishes.parts.thoughts_in_box:
            return []
        return [self._delta({"reasoning_content": self._unended.piece(parted)}, len(parted))]

    def _picture(self, segment: int, shown: ShowImage) -> list[Frame]:
        piece, self._segment = self._text(segment, picture(shown, self._wishes.links, self._wishes.vocabulary)), PICTURE
        return [piece]

    def _delta(self, delta: dict[str, Any], characters: int) -> Yield:
        self._shown += characters
        return chunk(self._head, delta)

    def _referred(self, segment: int, *, shown: bool) -> list[Frame]:
        """Name the turn in the thought, so that the next message finds it; before 0.10 a line in the text does so."""
        if not shown or not self._wishes.references or self._version < (0, 10):
            return []
        self._marker.settle()
        return [chunk(self._head, {"reasoning_details": [details_entry(self._turn_id, segment)]})]

    def _pair(self, segment: int, shown: ToolCall, result: ToolResult) -> list[Frame]:
        if not self._wishes.parts.tool_cards:
            self._marker.owe()
            return []
        ended = "failed" if result.failed and self._version >= (0, 12) else "completed"
        self._content, self._segment = True, None  # the host begins a new text after a call
        return [
            self._item(call_item(self._id("fc", segment), shown, ended)),
            self._item(output_item(self._id("fo", segment), shown.call_id, shown_result(result.text), ended)),
        ]

    def _shown_call(self, segment: int, call: ToolCall) -> ToolCall:
        """Return a call as the page may show it: up to 0.10 the name is Markdown and the arguments stand in a fence."""
        return replace(
            call,
            call_id=call_reference(self._turn_id, segment),
            name=tool_name(call.name),
            arguments=unfenced(call.arguments),
        )

    def _item(self, item: dict[str, Any]) -> Yield:
        self._shown += len(str(item))
        return Yield({"type": "response.output_item.added", "output_index": LAST, "item": item, "choices": []})

    def _id(self, prefix: str, segment: int) -> str:
        return f"{prefix}_{self._turn_id.lower()}_{segment}"

    # --- the end ------------------------------------------------------------------------------------------

    def _end(self, end: End) -> list[Frame]:
        closing = closing_of(end, self._wishes)
        frames = self._beside.rest()
        if end.fault is not None:
            return [*frames, *self._end_badly(end, end.fault, closing.usage)]
        if end.reason is not Reason.TOOL_CALLS or not self._wishes.hands_over:
            frames.append(status(closing.line, done=True))
        return [*frames, self._finish(end.reason, closing.usage)]

    def _end_badly(self, end: End, fault: Fault, usage: dict[str, Any] | None) -> list[Frame]:
        """Close a failed answer; pages before 0.12 refuse messages after an error without text, so it is text there."""
        wishes = self._wishes
        reader = wishes.reader
        told = wishes.told(fault, end.error_id)
        shown = told.card()
        in_text = reader is Audience.CHANNEL or (self._version < (0, 12) and not self._content)
        frames: list[Frame] = [self._text(BELOW, shown)] if in_text else []
        frames.append(status("", done=True))  # the card says all of it
        if (0, 10) <= self._version < (0, 12):
            frames.append(Emit({"type": "replace", "data": {"content": shown}}))
        if in_text and reader is not Audience.NOBODY:
            return [*frames, self._finish(Reason.STOP, usage)]
        return [*frames, Yield({"error": {"message": told.box()}, "choices": []})]

    def _finish(self, reason: Reason, usage: dict[str, Any] | None) -> Yield:
        """End with one chunk of reason and usage: filters expect a choice in every chunk."""
        last = chunk(self._head, {}, reason.value)
        if usage is not None and isinstance(last.payload, dict):
            return Yield({**last.payload, "usage": usage})
        return last
