"""What pages show beside the text of an answer: its sources, server tools at work, and what tools returned."""

from dataclasses import replace
from typing import Any

from domain.egress.links import LinkGate
from domain.turn.server_tools import Progress, ServerToolReport
from domain.turn.steps import ShowCitation
from entrypoints.openai.found_sources import FoundSources
from entrypoints.openwebui.present.frames import Frame, found, source, status
from entrypoints.sentences.server_tools import use_line
from ports.toolbox import ToolResult


class Beside:
    """The sources, files and lines of one turn so far.

    `links`: which addresses may be shown. `cited`: addresses of sources that the host shows by itself. `by_id`: the
    page opens files of the host by id.
    """

    def __init__(self, links: LinkGate, cited: frozenset[str] = frozenset(), *, by_id: bool = True) -> None:
        self._links, self._by_id = links, by_id
        self._files: list[dict[str, Any]] = []
        self._sources = FoundSources(cited)
        self._lines: dict[int, str] = {}

    def cite(self, cited: ShowCitation) -> list[Frame]:
        """Show a source of the text, unless it was shown before."""
        if not self._sources.cite(cited.url or cited.title):
            return []
        return [source(cited.url, cited.title, cited.excerpt, self._links)]

    def of_result(self, result: ToolResult) -> list[Frame]:
        """Show what a tool returned besides its text; each source and each file once."""
        new = tuple(one for one in result.sources if self._sources.cite(one.url))
        return found(replace(result, sources=new), self._files, self._links, by_id=self._by_id)

    def note(self, segment: int, report: ServerToolReport) -> list[Frame]:
        """Show how far a server tool is, if its line changes; remember the pages that it found."""
        self._sources.find(report.sources)
        line = use_line(report)
        if self._lines.get(segment) == line:
            return []
        self._lines[segment] = line
        return [status(line, done=report.progress is not Progress.RUNNING)]

    def rest(self) -> list[Frame]:
        """Show the pages that nothing cited; at the end, because citations tell more of a page and are numbered."""
        return [source(one.url, one.title, "", self._links) for one in self._sources.left()]
