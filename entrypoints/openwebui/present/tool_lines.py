"""Status lines about calls of tools: which one runs, and what ran."""

from entrypoints.openwebui.present.frames import Emit, status
from entrypoints.sentences.escaping import tool_name
from entrypoints.sentences.statuses import ran_line, running_line
from entrypoints.sentences.vocabulary import Vocabulary
from ports.toolbox import ToolCall


class ToolLines:
    """The calls of one turn that run now, by their number in the turn, and how many of this round have ended.

    A call that was rejected never ran and gets no line: there may be thousands.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._running: dict[int, None] = {}  # no set: an empty one takes 216 bytes of every open stream
        self._ran = 0

    def began(self, segment: int, call: ToolCall) -> Emit:
        """Report that a call runs."""
        self._running[segment] = None
        return status(running_line(tool_name(call.name), self._vocabulary), done=False)

    def ended(self, segment: int, call: ToolCall) -> list[Emit]:
        """Count a finished call; after the last one that runs in parallel the line stops moving."""
        if segment not in self._running:
            return []
        del self._running[segment]
        self._ran += 1
        if self._running:
            return []
        ran, self._ran = self._ran, 0
        return [status(ran_line(tool_name(call.name), self._vocabulary, ran), done=True)]
