"""Converts a listing of request objects to a closed JSON schema.

Run once per edition of the listing: `python -m tests.oracle.listing LISTING > tests/oracle/request_schema.json`.
Notation: blocks `Name { key?: type }` and aliases `Name = type | type`; `[T]` an array, `{string: T}` a map, quoted
words an enum, `(...)` a remark.

The schema is stricter than the listing in three ways, because it judges requests, not responses: an object has no
unlisted keys, but for those in `OPEN`; `null` is rejected at every depth, inside free maps and tool schemas too; an
`(open)` enum has only the values known today.

Every `anyOf` of objects also gets `x-dispatch`: for each value of the discriminating key, the branches worth trying. It
does not change any verdict, and other validators ignore it.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = "ResponsesRequest"
BASIC: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "false": {"const": False},
    "any": {"$ref": "#/$defs/AnyValue"},
}
ANY_VALUE: dict[str, Any] = {
    "type": ["string", "number", "boolean", "array", "object"],
    "items": {"$ref": "#/$defs/AnyValue"},
    "additionalProperties": {"$ref": "#/$defs/AnyValue"},
}
OPEN: dict[str, dict[str, Any]] = {"TraceConfig": {"type": ["string", "number", "boolean"]}}
"""Objects whose models in the official SDK take keys of any name, and the values of these."""
REMARK = re.compile(r"(\s*\|\s*)?\([^)]*\)")
TOKEN = re.compile(r'"[^"]*"|[\[\]{}|:]|[A-Za-z_][\w-]*')
FIELD = re.compile(r"^  (\w+)(\??): (.+)$")
ALIAS = re.compile(r"^(\w+) = (.+)$")
OBJECT = re.compile(r"^(\w+) \{$")
DISCRIMINATORS = ("type", "id")

Schema = dict[str, Any]


@dataclass(slots=True)
class Listing:
    """The named types of one part: objects as (key, required, type), aliases as their expression."""

    objects: dict[str, list[tuple[str, bool, str]]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)


class Expression:
    """One type expression, consumed token by token."""

    def __init__(self, text: str) -> None:
        plain = REMARK.sub("", text)
        self._tokens = TOKEN.findall(plain)
        if "".join(self._tokens) != re.sub(r"\s", "", plain):
            raise ValueError(f"unreadable type: {text}")

    def schema(self) -> Schema:
        """Parse the whole expression; raise ValueError if tokens remain."""
        read = self._union()
        if self._tokens:
            raise ValueError(f"unexpected tokens: {self._tokens}")
        return read

    def _union(self) -> Schema:
        words: list[str] = []
        branches: list[Schema] = []
        while True:
            token = self._tokens.pop(0)
            if token.startswith('"'):
                words.append(token.strip('"'))
            elif token != "null":
                branches.append(self._single(token))
            if self._tokens[:1] != ["|"]:
                break
            self._tokens.pop(0)
        if words:
            branches.append({"const": words[0]} if len(words) == 1 else {"enum": words})
        return branches[0] if len(branches) == 1 else {"anyOf": branches}

    def _single(self, token: str) -> Schema:
        if token == "[":
            items = self._union()
            self._expect("]")
            return {"type": "array", "items": items}
        if token == "{":
            self._tokens.pop(0)
            self._expect(":")
            values = self._union()
            self._expect("}")
            return {"type": "object", "additionalProperties": values}
        return dict(BASIC.get(token, {"$ref": f"#/$defs/{token}"}))

    def _expect(self, token: str) -> None:
        if self._tokens.pop(0) != token:
            raise ValueError(f"{token} expected")


def logical_lines(text: str) -> Iterator[str]:
    """Yield the lines, with the alternatives of a union joined to its first line."""
    pending = ""
    for line in text.splitlines():
        if line.startswith("    |"):
            pending += " " + line.strip()
            continue
        if pending:
            yield pending
        pending = line
    yield pending


def parse(text: str, part: str = "A") -> Listing:
    """Parse one part of a listing; parts begin at `==== Part X`."""
    listing = Listing()
    inside, current = False, ""
    for line in logical_lines(text):
        if line.startswith("==== Part"):
            inside = line.startswith(f"==== Part {part}")
        if not inside:
            continue
        if match := OBJECT.match(line):
            current = match[1]
            listing.objects[current] = []
        elif match := FIELD.match(line):
            listing.objects[current].append((match[1], not match[2], match[3]))
        elif match := ALIAS.match(line):
            listing.aliases[match[1]] = match[2]
        elif line not in {"", "}"} and not line.startswith("===="):
            raise ValueError(f"unreadable line: {line}")
    return listing


def definitions(listing: Listing) -> dict[str, Schema]:
    """Translate every named type; objects become closed."""
    defs = {name: Expression(text).schema() for name, text in listing.aliases.items()}
    for name, fields in listing.objects.items():
        defs[name] = {
            "type": "object",
            "properties": {key: Expression(text).schema() for key, _, text in fields},
            "required": [key for key, required, _ in fields if required],
            "additionalProperties": OPEN.get(name, False),
        }
    return defs | {"AnyValue": ANY_VALUE}


def resolved(schema: Schema, defs: dict[str, Schema]) -> Schema:
    """Follow references to the first schema that is not a reference."""
    while "$ref" in schema:
        schema = defs[schema["$ref"].removeprefix("#/$defs/")]
    return schema


def dispatch(branches: list[Schema], defs: dict[str, Schema]) -> Schema | None:
    """Map each value of the key shared by all objects to the fitting branches; None if no key is shared."""
    objects = {at: found for at, one in enumerate(branches) if (found := resolved(one, defs)).get("properties")}
    for key in DISCRIMINATORS:
        told = {at: words for at, one in objects.items() if (words := constants(one["properties"].get(key, {})))}
        if len(told) < 2:
            continue
        cases = {word: [at for at in told if word in told[at]] for words in told.values() for word in words}
        absent = [at for at in told if key not in objects[at]["required"]]
        return {
            "key": key,
            "cases": cases,
            "absent": absent,
            "rest": [at for at in range(len(branches)) if at not in told],
        }
    return None


def constants(schema: Schema) -> list[str]:
    """Return the only strings a schema allows; empty if it allows others."""
    return [schema["const"]] if isinstance(schema.get("const"), str) else list(schema.get("enum", []))


def add_dispatch(node: Any, defs: dict[str, Schema]) -> None:
    """Add `x-dispatch` to every `anyOf` below `node`."""
    if isinstance(node, list):
        for one in node:
            add_dispatch(one, defs)
    elif isinstance(node, dict):
        for one in list(node.values()):
            add_dispatch(one, defs)
        if isinstance(node.get("anyOf"), list) and (table := dispatch(node["anyOf"], defs)):
            node["x-dispatch"] = table


def reachable(root: str, defs: dict[str, Schema]) -> list[str]:
    """Return the types used by a root, itself first; raise KeyError for a type that is not listed."""
    found, waiting = [root], [root]
    while waiting:
        for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(defs[waiting.pop()])):
            if name not in found:
                found.append(name)
                waiting.append(name)
    return found


def closed_schema(text: str, root: str = ROOT, part: str = "A") -> Schema:
    """Build the schema of `root` from the text of a listing."""
    defs = definitions(parse(text, part))
    used = {name: defs[name] for name in reachable(root, defs)}
    add_dispatch(used, used)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": f"#/$defs/{root}", "$defs": used}


def written(schema: Schema) -> str:
    """Return the file's text, one type per line, so that editions can be diffed."""
    lines = [f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in schema["$defs"].items()]
    head = {key: value for key, value in schema.items() if key != "$defs"}
    return json.dumps(head)[:-1] + ', "$defs": {\n' + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    sys.stdout.write(written(closed_schema(Path(sys.argv[1]).read_text(encoding="utf-8"))))
