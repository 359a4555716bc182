"""Calls and their results as native items: added running, then answered; a checkpoint holds those of a round."""

from dataclasses import replace

from domain.conversation.references import call_reference
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.present.frames import shown_result
from entrypoints.openwebui.present.handover import arguments_of, call_item, output_item
from entrypoints.openwebui.present.item_list import ItemList
from entrypoints.openwebui.present.uses import Use
from entrypoints.sentences.escaping import tool_name, unfenced
from ports.toolbox import ToolCall, ToolResult

NOT_COMPLETED = ToolResult("Not completed: the turn ended.", failed=True)


class NativeCalls:
    """The calls of one turn among its `items`; `version` is the host's."""

    def __init__(self, items: ItemList, turn_id: str, version: tuple[int, int]) -> None:
        self._items, self._turn_id, self._version = items, turn_id, version
        self._open: dict[int, int] = {}
        self._round = 0

    def has(self, segment: int) -> bool:
        """Return whether a call is shown as running."""
        return segment in self._open

    def begin(self, segment: int, call: ToolCall) -> Yield:
        """Add a call that runs."""
        at = self._open[segment] = len(self._items)
        self._round = self._round if len(self._open) > 1 else at
        return self.hand_over(segment, call)

    def hand_over(self, segment: int, call: ToolCall, state: str = "in_progress") -> Yield:
        """Add a call; the host runs one that stays without output."""
        return self._add(replace(_shown(call), call_id=call_reference(self._turn_id, segment)), state)

    def end(self, segment: int, call: ToolCall, result: ToolResult) -> list[Yield]:
        """Show a result; only the newest pages can mark a result as failed.

        The last result of calls that ran in parallel sends a checkpoint. A rejected call was never shown as running and
        needs no checkpoint: there may be thousands.
        """
        ended = self._ended(result)
        index = self._open.pop(segment, None)
        frames = [self.hand_over(segment, call, ended)] if index is None else []
        frames.append(self._answer(call_reference(self._turn_id, segment), result.text, ended))
        if index is not None:
            self._items[index].update(status=ended, arguments=arguments_of(_shown(call)))
        if index is None or self._open:
            return frames
        self._items.order_from(self._round)
        return [*frames, self._items.completed(None)]

    def use(self, use: Use) -> list[Yield]:
        """Show what a server tool did, as one that has ended: the status line reported it before."""
        ended = self._ended(use.result)
        return [self._add(use.call, ended), self._answer(use.call.call_id, use.result.text, ended)]

    def end_all(self) -> list[Yield]:
        """Answer every open call: the host would run a call without output."""
        frames: list[Yield] = []
        for segment, index in list(self._open.items()):
            item = self._items[index]
            frames += self.end(segment, ToolCall(item["call_id"], item["name"], item["arguments"]), NOT_COMPLETED)
        return frames

    def _add(self, call: ToolCall, state: str) -> Yield:
        self._items.shown += len(call.arguments)
        return self._items.add(call_item(self._items.id("fc"), call, state))

    def _answer(self, call_id: str, text: str, state: str) -> Yield:
        shown = shown_result(text)
        self._items.shown += len(shown)
        return self._items.add(output_item(self._items.id("fo"), call_id, shown, state))

    def _ended(self, result: ToolResult) -> str:
        return "failed" if result.failed and self._version >= (0, 12) else "completed"


def _shown(call: ToolCall) -> ToolCall:
    """Return a call as the page may show it: up to 0.10 the name is Markdown and the arguments stand in a fence."""
    return replace(call, name=tool_name(call.name), arguments=unfenced(call.arguments))
