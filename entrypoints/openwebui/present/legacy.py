"""Render chunks for the page of hosts without native items (0.6): reasoning, text, tool blocks, statuses.

Source: the output profiles, form D. Such a host sends the whole text again with every piece.
"""

import json
from dataclasses import replace

from domain.conversation.references import call_reference
from domain.turn.server_tools import ServerToolReport
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
from entrypoints.openai.frames import PICTURE, ChunkHead, Yield, chunk, usage_chunk
from entrypoints.openwebui.history_format import OPEN_WEBUI, marker_line
from entrypoints.openwebui.present.beside import Beside
from entrypoints.openwebui.present.closing import closing_of
from entrypoints.openwebui.present.fault_text import uncalled
from entrypoints.openwebui.present.frames import BELOW, Frame, Unended, shown_result, status, status_frame
from entrypoints.openwebui.present.handover import call_delta, can_run
from entrypoints.openwebui.present.tool_lines import ToolLines
from entrypoints.openwebui.present.uses import use_of
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.escaping import attribute, fenced, markdown, picture, tool_name, unfenced
from entrypoints.sentences.server_tools import use_line, use_result
from entrypoints.sentences.vocabulary import Vocabulary
from ports.toolbox import ToolCall, ToolResult


class LegacyPresenter:
    """For a person in the page of 0.6: the page itself stores usage and errors.

    A marker line, which no page shows, names this turn for the next one. It precedes the content it belongs to, because
    nothing can be added after a stop.
    """

    def __init__(self, head: ChunkHead, turn_id: str, wishes: Wishes) -> None:
        self._head, self._turn_id, self._wishes = head, turn_id, wishes
        self._marked = not wishes.references
        self._segment: int | None = None
        self._thought: int | None = None
        self._unended = Unended("</details")  # the host puts reasoning into a block unescaped
        self.repeated = 0
        self._any_text = False
        self._lines = ToolLines(wishes.vocabulary)
        self._beside = Beside(wishes, by_id=False)

    def present(self, output: Output) -> list[Frame]:
        """Render one output."""
        match output:
            case ShowText(segment, text):
                return [self._content(segment, text)]
            case ShowReasoning(segment, text):
                parted = text if self._thought in (None, segment) else "\n\n" + text
                self._thought = segment
                if not self._wishes.parts.thoughts_in_box:
                    return []
                self.repeated += len(parted)
                return [chunk(self._head, {"reasoning_content": self._unended.piece(parted)})]
            case ShowImage(segment):
                return self._picture(segment, output)
            case ShowCitation():
                return self._beside.cite(output)
            case ShowLogprobs():  # no page shows them
                return []
            case ShowServerTool(segment, report):
                return [*self._beside.note(segment, report), *self._use(segment, report)]
            case ShowStatus(said):
                return [status_frame(said, self._wishes.vocabulary)]
            case ShowCall(segment, call):
                return [*self._mark(segment), self._lines.began(segment, call)]
            case ShowCallResult(segment, call, result):
                frames = [*self._mark(segment), *self._block(segment, call, result), *self._lines.ended(segment, call)]
                return [*frames, *self._beside.of_result(result)]
            case HandOverCall(position, call, segment) if self._wishes.hands_over and can_run(call):
                shown = replace(call, call_id=call_reference(self._turn_id, segment))
                return [*self._mark(segment), chunk(self._head, call_delta(position, shown))]
            case HandOverCall(position, call):
                return [self._content(BELOW + position, uncalled(call.name, self._wishes.vocabulary))]
            case Ended(end):
                return self._close(end)
            case CloseReasoning(segment):
                return self._mark(segment)

    def _mark(self, segment: int) -> list[Frame]:
        if self._marked:
            return []
        self._marked = True
        return [self._content(segment, f"\n\n{marker_line(self._turn_id)}\n\n")]

    def _block(self, segment: int, call: ToolCall, result: ToolResult) -> list[Frame]:
        if not self._wishes.parts.tool_cards:
            return []
        shown = replace(call, call_id=call_reference(self._turn_id, segment))
        return [self._content(segment, _tool_block(shown, result.text))]

    def _use(self, segment: int, report: ServerToolReport) -> list[Frame]:
        """Show what a server tool did. The page returns nothing of the block; its text is Markdown."""
        if use_of(report, "", self._wishes.vocabulary) is None:
            return []
        shown = (
            [self._content(segment, _use_block(report, self._wishes.vocabulary))]
            if self._wishes.parts.tool_cards
            else []
        )
        return [*self._mark(segment), *shown]

    def _content(self, segment: int, text: str) -> Yield:
        parted = text if self._segment in (None, segment) else "\n\n" + text
        self._segment = segment
        self._any_text = self._any_text or bool(OPEN_WEBUI.without_references(text).strip())
        self.repeated += len(parted)
        return chunk(self._head, {"content": parted})

    def _picture(self, segment: int, shown: ShowImage) -> list[Frame]:
        piece, self._segment = (
            self._content(segment, picture(shown, self._wishes.links, self._wishes.vocabulary)),
            PICTURE,
        )
        return [piece]

    def _close(self, end: End) -> list[Frame]:
        frames = self._beside.rest()
        wishes, closing = self._wishes, closing_of(end, self._wishes)
        if end.fault is not None:
            told = wishes.told(end.fault, end.error_id)
            frames.append(status("", done=True))  # the card says all of it
            if self._any_text:
                frames.append(Yield({"error": {"message": told.box()}}))
            else:
                frames.append(self._content(BELOW, told.card()))
        elif end.reason is not Reason.TOOL_CALLS or not wishes.hands_over:
            frames.append(status(closing.line, done=True))
        reason = Reason.STOP if end.fault is not None else end.reason
        frames.append(chunk(self._head, {}, reason.value))
        return [*frames, usage_chunk(self._head, closing.usage)] if closing.usage is not None else frames


def _tool_block(call: ToolCall, result: str) -> str:
    """Render the block of a call; the page inserts the result by a replacement in which `$` has a meaning."""
    attributes = {
        "id": call.call_id,
        "name": tool_name(call.name),
        "arguments": json.dumps(unfenced(call.arguments), ensure_ascii=False),
        "result": json.dumps(shown_result(result), ensure_ascii=False),
        "files": "",
        "embeds": "",
    }
    written = " ".join(f'{key}="{attribute(value)}"' for key, value in attributes.items())
    return f'<details type="tool_calls" done="true" {written}>\n<summary>Tool Executed</summary>\n</details>\n'


def _use_block(report: ServerToolReport, vocabulary: Vocabulary) -> str:
    """Render a block of a kind that the page folds and leaves out of the next request."""
    code, result = report.code, use_result(report, vocabulary)
    fences = ([fenced(code, report.language)] if code else []) + ([fenced(shown_result(result))] if result else [])
    body = "\n\n".join((markdown(use_line(report, vocabulary)), *fences))
    return f'<details type="code_interpreter" done="true">\n<summary>Analyzed</summary>\n{body}\n</details>\n'
