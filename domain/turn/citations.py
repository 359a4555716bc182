"""The sources of one turn's text, each once, in the order in which they are first cited.

Upstream announces an annotation and repeats it in the finished message; chat completions nest its fields. Source:
OpenRouter API reference, annotations, and the official SDK, `OpenAIResponsesAnnotation`.
"""

from domain.turn.output_items import place_of, text_of
from domain.turn.server_tools import untracked
from domain.turn.steps import ShowCitation
from ports.json_values import JsonObject

_FILES = ("file_citation", "container_file_citation", "file_path")


class Citations:
    """What was cited so far, over all responses of a turn."""

    def __init__(self) -> None:
        self._cited: dict[tuple[str, str], None] = {}  # no set: an empty one takes 216 bytes of every open stream
        self._names: dict[str, str] = {}

    def cite(self, annotation: JsonObject) -> list[ShowCitation]:
        """Return the source that an annotation is of; nothing if it was cited before, or if it names none."""
        kind = text_of(annotation, "type")
        if kind in _FILES:
            return self._cite_file(_fields(annotation, kind))
        source = _fields(annotation, "url_citation")
        url = untracked(text_of(source, "url"))
        if not url or not self._is_new("url", url):
            return []
        return [ShowCitation(url, text_of(source, "title") or url, text_of(source, "content"), place_of(source))]

    def _cite_file(self, source: JsonObject) -> list[ShowCitation]:
        """Cite a file by its name. Paths of files have none: only another annotation can tell it."""
        file_id = text_of(source, "file_id")
        name = text_of(source, "filename") or self._names.get(file_id, "")
        if not name:
            return []
        self._names[file_id] = name
        return [ShowCitation("", name, place=place_of(source))] if self._is_new("file", file_id or name) else []

    def _is_new(self, kind: str, name: str) -> bool:
        known = (kind, name) in self._cited
        self._cited[kind, name] = None
        return not known


def _fields(annotation: JsonObject, kind: str) -> JsonObject:
    nested = annotation.get(kind)
    return nested if isinstance(nested, dict) else annotation
