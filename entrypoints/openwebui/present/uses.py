"""Tools that upstream runs, in the page: a status line, and where there is something to see a call with its result.

Such a call has an id of its own form, so that neither the host nor a later turn takes it for a call of the model's
functions (ADR 38).
"""

import json
from dataclasses import dataclass

from domain.turn.server_tools import Progress, ServerToolReport
from entrypoints.openwebui.present.frames import RESULT_SHOWN
from entrypoints.sentences.escaping import tool_name, unfenced
from entrypoints.sentences.server_tools import use_code, use_input, use_result
from entrypoints.sentences.vocabulary import Vocabulary
from ports.toolbox import ToolCall, ToolResult

CODE_SHOWN = RESULT_SHOWN // 2
"""Characters of code that stand above a result."""


@dataclass(frozen=True, slots=True)
class Use:
    """A use as a page shows a call and its result."""

    call: ToolCall
    result: ToolResult


def use_of(report: ServerToolReport, call_id: str, vocabulary: Vocabulary) -> Use | None:
    """Return a use that has ended, under `call_id`; None if its status line and the sources say all of it.

    Code of several lines stands above the result: pages put all of what went in on one line.
    """
    result = use_result(report, vocabulary)
    if report.progress is Progress.RUNNING or not (report.code or result):
        return None
    text = "\n\n".join(filter(None, (use_code(report)[:CODE_SHOWN], result)))
    given = unfenced(json.dumps(use_input(report, vocabulary), ensure_ascii=False))
    call = ToolCall(call_id, tool_name(report.tool), given)
    return Use(call, ToolResult(text, failed=report.progress is Progress.FAILED))
