"""What pages show beside the text of an answer: its sources, server tools at work, and what tools returned."""

from dataclasses import replace
from typing import Any

from domain.turn.server_tools import Progress, ServerToolReport
from domain.turn.steps import ShowCitation
from entrypoints.openai.found_sources import FoundSources
from entrypoints.openwebui.present.frames import Frame, found, source, status
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.sentences.server_tools import use_line
from ports.toolbox import ToolResult


class Beside:
    """The sources, files and lines of one turn so far.

    `by_id`: the page opens files of the host by id.
    """

    def __init__(self, wishes: Wishes, *, by_id: bool = True) -> None:
        self._links, self._vocabulary, self._by_id = wishes.links, wishes.vocabulary, by_id
        self._files: list[dict[str, Any]] = []
        self._sources = FoundSources(wishes.cited)
        self._lines: dict[int, str] = {}

    def cite(self, cited: ShowCitation) -> list[Frame]:
        """Show a source of the text, unless it was shown before."""
        if not self._sources.cite(cited.url or cited.title):
            return []
        return [source(cited.url, cited.title, cited.excerpt, self._links, self._vocabulary)]

    def of_result(self, result: ToolResult) -> list[Frame]:
        """Show what a tool returned besides its text; each source and each file once."""
        new = tuple(one for one in result.sources if self._sources.cite(one.url))
        shown = replace(result, sources=new)
        return found(shown, self._files, self._links, by_id=self._by_id, vocabulary=self._vocabulary)

    def note(self, segment: int, report: ServerToolReport) -> list[Frame]:
        """Show how far a server tool is, if its line changes; remember the pages that it found."""
        self._sources.find(report.sources)
        line = use_line(report, self._vocabulary)
        if self._lines.get(segment) == line:
            return []
        self._lines[segment] = line
        return [status(line, done=report.progress is not Progress.RUNNING)]

    def rest(self) -> list[Frame]:
        """Show the pages that nothing cited; at the end, because citations tell more of a page and are numbered."""
        return [source(one.url, one.title, "", self._links, self._vocabulary) for one in self._sources.left()]
