"""The annotations of a message as upstream accepts them back: of known types, with all of their fields.

Others (files of containers, parsed documents) make it refuse the message. Source: the official SDK, input items,
`OpenAIResponsesAnnotation`.
"""

from collections.abc import Mapping
from typing import Any

from ports.json_values import JsonObject

_TEXT, _NUMBER = str, int
FIELDS: Mapping[str, Mapping[str, type]] = {
    "url_citation": {"url": _TEXT, "title": _TEXT, "start_index": _NUMBER, "end_index": _NUMBER},
    "file_citation": {"file_id": _TEXT, "filename": _TEXT, "index": _NUMBER},
    "file_path": {"file_id": _TEXT, "index": _NUMBER},
}
"""The required fields of each type. A test compares this with the SDK."""


def with_sound_annotations(part: JsonObject) -> JsonObject:
    """Return a part of a message with the annotations that can go back; the same object if it needs no change."""
    annotations = part.get("annotations")
    if annotations is None and "annotations" not in part:
        return part
    listed = annotations if isinstance(annotations, list) else []
    sound = [one for one in listed if _is_sound(one)]
    return part if isinstance(annotations, list) and len(sound) == len(listed) else {**part, "annotations": sound}


def _is_sound(annotation: Any) -> bool:
    if not isinstance(annotation, Mapping) or not isinstance(kind := annotation.get("type"), str):
        return False
    fields = FIELDS.get(kind)
    return fields is not None and all(type(annotation.get(name)) is form for name, form in fields.items())
