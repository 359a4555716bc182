"""The uses of server tools in one response: each is reported when it begins, when something changes, and when it ends.

Events add to the opening item what the finished item would say, so that one reader of items suffices. Source: the
official SDK, stream events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.conversation.call_kinds import CALLER_CALLS
from domain.turn.item_places import ItemPlaces
from domain.turn.output_items import IMAGES, OutputItem
from domain.turn.server_tool_reports import MOST_MODELS, report_of
from domain.turn.server_tools import Progress, ServerToolReport
from domain.turn.steps import Output, ShowServerTool
from ports.json_values import JsonObject
from ports.response_events import Channel

CHANNELS = {
    Channel.INPUT: "custom_tool_call",
    Channel.CODE: "code_interpreter_call",
    Channel.DIFF: "apply_patch_call",
}
_VERDICTS = frozenset({"openrouter:armor_blocked"})


class ServerToolUses:
    """What was reported. `completed`: a use ended well and is worth an answer; `failed`: the first that did not.

    `withheld`: Armor withheld a call.
    """

    def __init__(self, places: ItemPlaces) -> None:
        self._places = places
        self.completed = self.withheld = False
        self.failed: ServerToolReport | None = None
        self._told: dict[int, ServerToolReport] = {}
        # no set: an empty one takes 216 bytes of every open stream
        self._ended: dict[tuple[int, ServerToolReport], None] = {}

    def changed(self, slot: OutputItem) -> list[Output]:
        """Report a use that is not finished, unless nothing new is known. A verdict has only an end."""
        if slot.closed or slot.kind in _VERDICTS:
            return []
        report = report_of({"type": slot.kind, **(slot.opening or {})})
        return [] if report is None else self._tell(slot, replace(report, progress=Progress.RUNNING))

    def ended(self, slot: OutputItem, *, lost: bool = False) -> list[Output]:
        """Report the end of a use; `lost`: the response broke off before it.

        The same end at the same place is reported once, under whatever ids upstream sends it.
        """
        report = report_of(_whole(slot), done=True)
        if report is None:
            return []
        if lost and report.progress is Progress.COMPLETED:
            report = replace(report, progress=Progress.FAILED)
        end = (slot.index, report)
        if end in self._ended and slot.segment not in self._told:
            return []
        self._ended[end] = None
        if slot.kind in _VERDICTS:
            self.withheld = True
        elif report.progress is Progress.COMPLETED:
            self.completed = self.completed or slot.kind not in IMAGES | CALLER_CALLS
        elif self.failed is None:
            self.failed = report
        return self._tell(slot, report)

    def end_all(self, *, lost: bool) -> list[Output]:
        """Report the end of every use that was reported and that upstream never finished."""
        running = [slot for slot in self._places.slots if not slot.closed and slot.segment in self._told]
        return [output for slot in running for output in self.ended(slot, lost=lost)]

    def write(
        self, index: int, item_id: str, channel: Channel, text: str, now: float, *, whole: bool = False
    ) -> list[Output]:
        """Collect the text that a tool's item is written in; a piece alone is not worth a report."""
        slot = self._places.working(index, item_id, CHANNELS[channel], now)
        if slot.closed:
            return []
        if not whole:
            slot.arguments.append(text)
            return []
        _write(slot, channel, text or "".join(slot.arguments))
        return self.changed(slot)

    def work(self, index: int, item_id: str, kind: str, stage: str, detail: JsonObject, now: float) -> list[Output]:
        """Note how far a server tool is. A stage without details adds nothing to what was reported: pieces are many."""
        slot = self._places.working(index, item_id, kind, now)
        if slot.closed or (not detail and slot.segment in self._told):
            return []
        if detail:
            _work(slot, stage, detail)
        return self.changed(slot)

    def _tell(self, slot: OutputItem, report: ServerToolReport) -> list[Output]:
        if self._told.get(slot.segment) == report:
            return []
        self._told[slot.segment] = report
        return [ShowServerTool(slot.segment, report)]


def _write(slot: OutputItem, channel: Channel, text: str) -> None:
    """Set the text that a tool's item is written in."""
    if channel is Channel.DIFF:
        operation = (slot.opening or {}).get("operation")
        slot.opening = _with(slot, "operation", {**(operation if isinstance(operation, Mapping) else {}), "diff": text})
    else:
        slot.opening = _with(slot, channel.value, text)


def _work(slot: OutputItem, stage: str, detail: JsonObject) -> None:
    """Add to an item what a stage says: the models of a panel, their answers, the analysis."""
    match stage:
        case "panel.added":
            slot.opening = _with(slot, "responses", _named(_entries(slot, "responses"), {"model": detail.get("model")}))
        case "panel.completed":
            slot.opening = _with(slot, "responses", _named(_entries(slot, "responses"), detail))
        case "panel.failed":
            slot.opening = _with(slot, "failed_models", _named(_entries(slot, "failed_models"), detail))
        case "analysis.completed":
            slot.opening = _with(slot, "analysis", detail.get("analysis"))


def _with(slot: OutputItem, key: str, value: object) -> JsonObject:
    return {"type": slot.kind, **(slot.opening or {}), key: value}


def _entries(slot: OutputItem, key: str) -> list[JsonObject]:
    value = (slot.opening or {}).get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) else []


def _named(entries: list[JsonObject], entry: JsonObject) -> list[JsonObject]:
    """Add an entry, or replace the one of the same model."""
    model = entry.get("model")
    if any(one.get("model") == model for one in entries):
        return [{**one, **entry} if one.get("model") == model else one for one in entries]
    return [*entries, entry][:MOST_MODELS]


def _whole(slot: OutputItem) -> JsonObject:
    """Return the finished item; what it lacks, its opening and its events may have said."""
    item = slot.item or {}
    said = {key: value for key, value in item.items() if value is not None and value not in ("", [])}
    return {"type": slot.kind, **(slot.opening or {}), **said}
