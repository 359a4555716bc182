"""Render native items for pages of hosts from 0.8 on: reasoning, calls and text keep their form and order.

Source: the output profiles, form N. A `completed` event replaces the host's list of items even in mid-stream, so it
always contains every item so far; only the last one carries the usage.
"""

from typing import Any

from domain.conversation.references import reasoning_reference
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
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.history_format import details_entry, thinking_tag, use_reference
from entrypoints.openwebui.host_call import Audience
from entrypoints.openwebui.present.beside import Beside
from entrypoints.openwebui.present.closing import closing_of
from entrypoints.openwebui.present.continued import NOTHING, Earlier
from entrypoints.openwebui.present.fault_text import uncalled
from entrypoints.openwebui.present.frames import BELOW, Emit, Frame, Unended, status, status_frame
from entrypoints.openwebui.present.handover import can_run
from entrypoints.openwebui.present.item_list import ItemList
from entrypoints.openwebui.present.native_calls import NativeCalls
from entrypoints.openwebui.present.thought_places import NO_ITEM, ThoughtPlaces
from entrypoints.openwebui.present.tool_lines import ToolLines
from entrypoints.openwebui.present.turn_marker import TurnMarker
from entrypoints.openwebui.present.uses import Use, use_of
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.escaping import picture
from ports.toolbox import ToolCall, ToolResult

MARKED = (0, 9)
"""The version of which thoughts do not come back in any form."""


class NativePresenter:
    """For a person in the page.

    The host's `version` decides how an error closes the stream; hosts up to 0.10 send their whole list again with every
    piece. Item ids contain `turn_id`, by which the next turn finds what this one stored. 0.9 returns nothing of a
    thought, and no host anything of thoughts and calls that are not shown: there a marker line before the first text
    after them names the turn. From 0.10 on a thought that is not shown leaves an empty item, which names it too.
    `before`: what the host would lose of the answer that this one continues.
    """

    def __init__(self, turn_id: str, version: tuple[int, int], wishes: Wishes, before: Earlier = NOTHING) -> None:
        self._turn_id, self._version, self._wishes = turn_id, version, wishes
        self._items = ItemList(turn_id, before.text)
        self._items.seed(before.items)
        self._continues = bool(before.items)
        self._open: tuple[int, tuple[str, int]] | None = None  # index and key of the item that grows
        self._unended = Unended("</think")
        self._thoughts = ThoughtPlaces()
        self._calls = NativeCalls(self._items, turn_id, version)
        self._lines = ToolLines(wishes.vocabulary)
        self._marker = TurnMarker(turn_id, wanted=wishes.references)
        self._beside = Beside(wishes)

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece."""
        return self._items.shown if self._version < (0, 12) else 0

    def present(self, output: Output) -> list[Frame]:
        """Render one output."""
        match output:
            case ShowText(segment, text):
                return self._text(segment, text)
            case ShowReasoning(segment, text):
                return self._reasoning(segment, text)
            case CloseReasoning(segment, seconds, item):
                return self._close_reasoning(segment, seconds, sealed=bool(item.get("encrypted_content")))
            case ShowImage(segment):
                shown = picture(output, self._wishes.links, self._wishes.vocabulary)
                return [*self._text(segment, shown), *self._close_open()]
            case ShowCitation():
                return self._beside.cite(output)
            case ShowLogprobs():  # no page shows them
                return []
            case ShowServerTool(segment, report):
                use = use_of(report, use_reference(self._turn_id, segment), self._wishes.vocabulary)
                return [*self._beside.note(segment, report), *self._show_use(use)]
            case ShowStatus(said):
                return [status_frame(said, self._wishes.vocabulary)]
            case ShowCall(segment, call):
                return self._call(segment, call)
            case ShowCallResult(segment, call, result):
                return [*self._result(segment, call, result), *self._beside.of_result(result)]
            case HandOverCall(position, call, segment):
                if self._wishes.hands_over and can_run(call):
                    return self._hand_over(segment, call)
                return self._text(BELOW + position, uncalled(call.name, self._wishes.vocabulary))
            case Ended(end):
                return self._end(end)

    # --- items --------------------------------------------------------------------------------------------

    def _text(self, segment: int, text: str) -> list[Frame]:
        frames = self._open_item(("message", segment))
        index = self._open[0] if self._open is not None else 0
        text = self._marker.before(text) if segment < BELOW and not self._items.has_begun(index) else text
        self._items.grow(index, text)
        place = {"output_index": index, "item_id": self._items[index]["id"], "content_index": 0}
        frames.append(Yield({"type": "response.output_text.delta", **place, "delta": text}))
        return frames

    def _reasoning(self, segment: int, text: str) -> list[Frame]:
        if not self._wishes.parts.thoughts_in_box:
            self._hide_thought(segment)
            return []
        frames = self._open_item(("reasoning", segment))
        text = self._unended.piece(text) if self._version < (0, 10) else text
        index = self._grow(text)
        delta = {"output_index": index, "item_id": self._items[index]["id"], "summary_index": 0, "delta": text}
        return [*frames, Yield({"type": "response.reasoning_summary_text.delta", **delta})]

    def _hide_thought(self, segment: int) -> None:
        self._thoughts.hide(segment)
        if self._version < (0, 10):
            self._marker.owe()

    def _has_begun_after(self, segment: int) -> bool:
        """Return whether the open item is one that follows: another item must not divide it."""
        return self._open is not None and self._open[1][1] > segment

    def _grow(self, text: str) -> int:
        index = self._open[0] if self._open is not None else 0
        self._items.grow(index, text)
        return index

    def _open_item(self, key: tuple[str, int]) -> list[Frame]:
        if self._open is not None and self._open[1] == key:
            return []
        joins = self._continues and key[0] == self._items[-1]["type"]
        frames = [*self._go_on(), *self._close_open()]
        if joins:
            self._open = len(self._items) - 1, key
            return frames
        index = len(self._items)
        if key[0] == "message":
            content = [{"type": "output_text", "text": ""}]
            item: dict[str, Any] = {"type": "message", "id": self._items.id("msg"), "role": "assistant"}
            item["content"] = content
        else:
            tags = {"start_tag": thinking_tag(self._turn_id, key[1]), "end_tag": "</think>"}
            end = {"ended_at": 0} if self._version < (0, 12) else {}  # else these hosts crash if an error follows
            item = {"type": "reasoning", "id": reasoning_reference(self._turn_id, key[1]), "summary": [], **tags, **end}
            self._thoughts.show(key[1], index)
            if self._version == MARKED:
                self._marker.owe()
        self._open = index, key
        self._unended = Unended("</think")
        return [*frames, self._items.add({**item, "status": "in_progress"})]

    def _go_on(self) -> list[Frame]:
        """Tell the host once the items of the continued answer; later indexes count from there."""
        continues, self._continues = self._continues, False
        return [self._items.completed(None)] if continues else []

    def _close_open(self) -> list[Frame]:
        """Finish the open item in the form the host's version reads."""
        if self._open is None:
            return []
        (index, key), self._open = self._open, None
        item, text = self._items[index], self._items.write(index)
        item["status"] = "completed"
        if key[0] == "message":
            return [Yield({"type": "response.output_item.done", "output_index": index, "item": dict(item)})]
        item.setdefault("duration", 0)
        done = {"output_index": index, "item_id": item["id"], "summary_index": 0, "text": text}
        return [Yield({"type": "response.reasoning_summary_text.done", **done})]

    def _close_reasoning(self, segment: int, seconds: float, *, sealed: bool) -> list[Frame]:
        """Finish a block of reasoning. An encrypted one is shown empty, because the next turn needs its reference.

        So is the first that is not shown, where hosts return the reference of an empty item; it counts the seconds of
        all of them.
        """
        keeps, place = self._wishes.references, self._thoughts.of(segment)
        first = self._thoughts.first
        if place == NO_ITEM and first != NO_ITEM:
            self._items[first]["duration"] += round(seconds)
            return []
        if place == NO_ITEM and (self._version < (0, 10) or self._has_begun_after(segment)):
            self._marker.owe()
            return []
        named = keeps and (place == NO_ITEM or (sealed and place is None))
        frames = self._open_item(("reasoning", segment)) if named else []
        index = self._thoughts.of(segment)
        if index is None or index == NO_ITEM:
            return []
        self._items[index]["duration"] = round(seconds)
        frames += self._close_open() if self._open is not None and self._open[0] == index else []
        if keeps and self._version >= (0, 10):
            details = [details_entry(self._turn_id, segment)]
            self._items[index]["reasoning_details"] = details
            self._marker.settle()
            frames.append(Yield({"choices": [{"index": 0, "delta": {"reasoning_details": details}}]}))
        return frames

    # --- tools --------------------------------------------------------------------------------------------

    def _call(self, segment: int, call: ToolCall) -> list[Frame]:
        """Show a call that runs: as an item, or only as a status line."""
        if not self._wishes.parts.tool_cards:
            return [self._lines.began(segment, call)]
        frames = self._close_open()
        return frames if self._calls.has(segment) else [*frames, *self._go_on(), self._calls.begin(segment, call)]

    def _result(self, segment: int, call: ToolCall, result: ToolResult) -> list[Frame]:
        if not self._wishes.parts.tool_cards:
            self._marker.owe()
            return [*self._lines.ended(segment, call)]
        return [*self._close_open(), *self._calls.end(segment, call, result)]

    def _show_use(self, use: Use | None) -> list[Frame]:
        if use is None:
            return []
        if not self._wishes.parts.tool_cards:
            self._marker.owe()
            return []
        return [*self._go_on(), *self._close_open(), *self._calls.use(use)]

    def _hand_over(self, segment: int, call: ToolCall) -> list[Frame]:
        """Leave a call without output, so that the host runs it and asks the model again."""
        return [*self._close_open(), self._calls.hand_over(segment, call)]

    def _completed(self, usage: dict[str, Any] | None = None) -> Yield:
        self._write_open()
        return self._items.completed(usage)

    def _write_open(self) -> None:
        if self._open is not None:
            self._items.write(self._open[0])

    # --- the end ------------------------------------------------------------------------------------------

    def _end(self, end: End) -> list[Frame]:
        self._write_open()
        frames: list[Frame] = [*self._calls.end_all(), *self._beside.rest()]
        closing = closing_of(end, self._wishes)
        if end.fault is not None:
            return frames + self._end_badly(end, end.fault, closing.usage)
        frames += self._close_open()
        if end.reason is Reason.TOOL_CALLS and self._wishes.hands_over:
            return [*frames, self._completed(closing.usage)]
        frames.append(status(closing.line, done=True))
        if self._needs_replace():
            frames.append(_replace(self._items.text()))
        return [*frames, self._completed(closing.usage)]

    def _end_badly(self, end: End, fault: Fault, usage: dict[str, Any] | None) -> list[Frame]:
        """Close a failed answer: one card, and no status line beside it.

        Up to 0.10 the card is text: these hosts refuse messages after an error without text. After tool calls, show the
        card separately, never as answer text: the next request would contain text that the model never wrote, without
        the reasoning before it. The calls are content enough for 0.8; 0.10 gets the card beside its items. A channel
        shows text alone. What runs without a person is recorded as failed by its error.
        """
        wishes, text = self._wishes, self._items.text()
        told = wishes.told(fault, end.error_id)
        shown = told.card()
        calls, reader = self._items.has_calls(), wishes.reader
        in_text = reader is Audience.CHANNEL or (self._version < (0, 12) and not text.strip() and not calls)
        frames = self._text(BELOW, shown) if in_text else []
        frames += [*self._close_open(), status("", done=True)]
        if self._needs_replace():
            frames.append(_replace(text if text.strip() else shown))
        if in_text and wishes.reader is not Audience.NOBODY:
            return [*frames, self._completed(usage)]
        if self._version < (0, 10):
            frames.append(self._completed(usage))
        return [*frames, Yield({"error": {"message": told.box()}})]

    def _needs_replace(self) -> bool:
        """Return whether to send the text once more: 0.10 keeps it in items, but its page reads the content."""
        return (0, 10) <= self._version < (0, 12)


def _replace(content: str) -> Emit:
    return Emit({"type": "replace", "data": {"content": content}})
