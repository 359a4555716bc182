"""Maps frame types that carry a delta, or a complete streamed text, to their events."""

from collections.abc import Callable
from dataclasses import dataclass
from re import compile as pattern

from ports.response_events import (
    ArgumentsDelta,
    ArgumentsDone,
    Channel,
    ItemTextDelta,
    ItemTextDone,
    ReasoningDelta,
    ReasoningDone,
    RefusalDelta,
    RefusalDone,
    TextDelta,
    TextDone,
    UpstreamEvent,
)

PIECE = 64 * 1024
HALVES = pattern("[\ud800-\udfff]")

Builder = Callable[[int, str, int, str], UpstreamEvent]


@dataclass(frozen=True, slots=True)
class Piece:
    """How to read one frame type: the key of its text, the key of its part index, and the event to build."""

    text_key: str
    part_key: str
    build: Builder


def _arguments_delta(index: int, item_id: str, _part: int, said: str) -> UpstreamEvent:
    return ArgumentsDelta(index, item_id, said)


def _arguments_done(index: int, item_id: str, _part: int, said: str) -> UpstreamEvent:
    return ArgumentsDone(index, item_id, said)


def _raw_delta(index: int, item_id: str, part: int, said: str) -> UpstreamEvent:
    return ReasoningDelta(index, item_id, part, said, raw=True)


def _raw_done(index: int, item_id: str, part: int, said: str) -> UpstreamEvent:
    return ReasoningDone(index, item_id, part, said, raw=True)


def _summary_delta(index: int, item_id: str, part: int, said: str) -> UpstreamEvent:
    return ReasoningDelta(index, item_id, part, said, raw=False)


def _summary_done(index: int, item_id: str, part: int, said: str) -> UpstreamEvent:
    return ReasoningDone(index, item_id, part, said, raw=False)


def _channel_delta(channel: Channel) -> Builder:
    return lambda index, item_id, _part, said: ItemTextDelta(index, item_id, channel, said)


def _channel_done(channel: Channel) -> Builder:
    return lambda index, item_id, _part, said: ItemTextDone(index, item_id, channel, said)


_TEXT = Piece("delta", "content_index", TextDelta)

DELTAS: dict[str, Piece] = {
    "response.output_text.delta": _TEXT,
    "response.content_part.delta": _TEXT,
    "response.refusal.delta": Piece("delta", "content_index", RefusalDelta),
    "response.reasoning_text.delta": Piece("delta", "content_index", _raw_delta),
    "response.reasoning_summary_text.delta": Piece("delta", "summary_index", _summary_delta),
    "response.function_call_arguments.delta": Piece("delta", "", _arguments_delta),
    "response.custom_tool_call_input.delta": Piece("delta", "", _channel_delta(Channel.INPUT)),
    "response.code_interpreter_call_code.delta": Piece("delta", "", _channel_delta(Channel.CODE)),
    "response.apply_patch_call_operation_diff.delta": Piece("delta", "", _channel_delta(Channel.DIFF)),
}

WHOLES: dict[str, Piece] = {
    "response.output_text.done": Piece("text", "content_index", TextDone),
    "response.refusal.done": Piece("refusal", "content_index", RefusalDone),
    "response.reasoning_text.done": Piece("text", "content_index", _raw_done),
    "response.reasoning_summary_text.done": Piece("text", "summary_index", _summary_done),
    "response.function_call_arguments.done": Piece("arguments", "", _arguments_done),
    "response.custom_tool_call_input.done": Piece("input", "", _channel_done(Channel.INPUT)),
    "response.code_interpreter_call_code.done": Piece("code", "", _channel_done(Channel.CODE)),
    "response.apply_patch_call_operation_diff.done": Piece("diff", "", _channel_done(Channel.DIFF)),
}


def joined_halves(said: str) -> tuple[str, str]:
    """Join surrogate pairs that arrived as two escapes; return the text and a high surrogate left at its end.

    A surrogate without its other half inside the text becomes U+FFFD.
    """
    if said.isascii() or not _has_halves(said):
        return said, ""
    half = said[-1] if "\ud800" <= said[-1] <= "\udbff" else ""
    whole = said[:-1] if half else said
    return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), half


def _has_halves(said: str) -> bool:
    """Search a long text in pieces, so that other threads can run in between."""
    return any(HALVES.search(said, start, start + PIECE) for start in range(0, len(said), PIECE))
