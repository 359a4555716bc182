"""Every schema inside a schema, with the path to it."""

from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]
MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")


def schemas_in(root: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the value of every place where a schema is expected, the root first."""
    waiting: list[tuple[Path, Any]] = [((), root)]
    while waiting:
        path, schema = waiting.pop(0)
        yield path, schema
        if not isinstance(schema, dict):
            continue
        for key, value in schema.items():
            if key in MAPS and isinstance(value, dict):
                waiting += [((*path, key, name), inner) for name, inner in value.items()]
            elif key in LISTS and isinstance(value, list):
                waiting += [((*path, key, str(place)), inner) for place, inner in enumerate(value)]
            elif key in SINGLE:
                waiting.append(((*path, key), value))


def target_of(reference: Any, root: Any) -> Any:
    """Return what a local reference names; None if it names nothing."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    node = root
    for step in reference[1:].split("/")[1:]:
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node


def leads_back(root: Any) -> bool:
    """Return whether a reference leads to a schema that holds it."""
    edges: dict[str, set[str]] = {"#": set()}
    for path, schema in schemas_in(root):
        if isinstance(schema, dict) and "$ref" in schema:
            home = f"#/{path[0]}/{path[1]}" if path[:1] in (("$defs",), ("definitions",)) else "#"
            edges.setdefault(home, set()).add(str(schema["$ref"]))
    for start, first in edges.items():
        seen: set[str] = set()
        waiting = list(first)
        while waiting:
            reference = waiting.pop()
            if reference == start:
                return True
            if reference not in seen:
                seen.add(reference)
                waiting += edges.get(reference, ())
    return False
