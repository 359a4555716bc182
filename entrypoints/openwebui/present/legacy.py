"""Chunks for the page of hosts that do not know native items (0.6): reasoning, text, tool blocks, statuses.

Source: the output profiles, form D. Such a host sends the whole text again with every piece.
"""

import html
import json

from domain.turn.closing import closing_line
from domain.turn.steps import (
    End,
    Ended,
    Output,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openwebui.present.fault_text import card
from entrypoints.openwebui.present.frames import ChunkHead, Frame, Yield, chunk, source, status, usage_chunk
from entrypoints.openwebui.present.wishes import Wishes

RESULT_SHOWN = 2000


class LegacyPresenter:
    """For a person in the page of 0.6: the page itself saves usage and errors."""

    def __init__(self, head: ChunkHead, wishes: Wishes) -> None:
        self._head, self._wishes = head, wishes
        self._segment: int | None = None
        self._thought: int | None = None
        self.repeated = 0
        self._any_text = False

    def present(self, output: Output) -> list[Frame]:
        """Translate one output."""
        match output:
            case ShowText(segment, text):
                return [self._content(segment, text)]
            case ShowReasoning(segment, text):
                parted = text if self._thought in (None, segment) else "\n\n" + text
                self._thought = segment
                self.repeated += len(parted)
                return [chunk(self._head, {"reasoning_content": parted})]
            case ShowImage(segment, url):
                return [self._content(segment, f"![image]({url})")]
            case ShowCitation(url, title, excerpt):
                return [source(url, title, excerpt)]
            case ShowStatus(text, done):
                return [status(text, done=done)]
            case ShowCall(_, call):
                return [status(f"Running {call.name}…", done=False)]
            case ShowCallResult(segment, call, result):
                block = _tool_block(call.call_id, call.name, call.arguments, result.text)
                return [self._content(segment, block)]
            case Ended(end):
                return self._close(end)
            case _:
                return []

    def _content(self, segment: int, text: str) -> Yield:
        parted = text if self._segment in (None, segment) else "\n\n" + text
        self._segment = segment
        self._any_text = True
        self.repeated += len(parted)
        return chunk(self._head, {"content": parted})

    def _close(self, end: End) -> list[Frame]:
        frames: list[Frame] = []
        line = closing_line(end, show_usage=self._wishes.show_usage)
        if end.fault is not None:
            words = card(end.fault, end.error_id, self._wishes.support)
            if self._any_text:
                frames = [status(f"{end.fault.happened} Error id: {end.error_id}", done=True)]
                frames += [Yield({"error": {"message": words}})]
            else:
                frames = [status(line, done=True), self._content(0, words)]
        else:
            frames.append(status(line, done=True))
        reason = Reason.STOP if end.fault is not None else end.reason
        frames.append(chunk(self._head, {}, reason.value))
        return [*frames, usage_chunk(self._head, end.usage)] if end.usage is not None else frames


def _tool_block(call_id: str, name: str, arguments: str, result: str) -> str:
    shown = result if len(result) <= RESULT_SHOWN else result[:RESULT_SHOWN] + "…"
    attributes = {
        "id": html.escape(call_id),
        "name": html.escape(name),
        "arguments": html.escape(json.dumps(arguments)),
        "result": html.escape(json.dumps(shown, ensure_ascii=False)),
        "files": "",
        "embeds": "",
    }
    written = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return f'<details type="tool_calls" done="true" {written}>\n<summary>Tool Executed</summary>\n</details>\n'
