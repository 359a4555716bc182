"""Schemas of tools in the shapes in which servers publish them, written for these tests with the habits of each source.

`zod`: zod-to-json-schema (draft 7, closed, `$schema`); `zod4`: zod's own output (2020-12). `pydantic`: titles, `$defs`,
choices with null. `openapi`: tools derived from OpenAPI 3.0 operations. `drafts`: written by hand in drafts 3 to 7.
"""

from typing import Any

S, INT, N, B = {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}
DRAFT7 = "http://json-schema.org/draft-07/schema#"
EMAIL = "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"
UUID = "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$"
Json = dict[str, Any]


def obj(properties: Json, *required: str, **more: Any) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **more}


def arr(items: Any, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


def enum(*values: Any, **more: Any) -> Json:
    return {"type": "string", "enum": list(values), **more}


def said(schema: Json, text: str, **more: Any) -> Json:
    return {**schema, "description": text, **more}


def zod(properties: Json, *required: str, **more: Any) -> Json:
    return {**obj(properties, *required), "additionalProperties": False, "$schema": DRAFT7, **more}


def zod4(properties: Json, *required: str, **more: Any) -> Json:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **obj(properties, *required), **more}


def maybe(*branches: Json, title: str = "Value", default: Any = None) -> Json:
    return {"anyOf": [*branches, {"type": "null"}], "default": default, "title": title}


def model(title: str, properties: Json, *required: str, **more: Any) -> Json:
    named = {name: {"title": name.replace("_", " ").title(), **part} for name, part in properties.items()}
    return {**obj(named, *required), "title": title, **more}


def ref(name: str, section: str = "$defs", **more: Any) -> Json:
    return {"$ref": f"#/{section}/{name}", **more}


def query(name: str, schema: Json, *, required: bool = False) -> tuple[str, Json]:
    return name, {**schema, "required": required, "example": "x", "in": "query"}


FILES = {
    "read": zod({"path": S, "tail": said(N, "Last lines."), "head": N}, "path"),
    "read several": zod({"paths": arr(S, minItems=1, description="Paths.")}, "paths"),
    "edit": zod(
        {
            "path": S,
            "edits": arr(obj({"oldText": S, "newText": S}, "oldText", "newText", additionalProperties=False)),
            "dryRun": {**B, "default": False},
        },
        *("path", "edits"),
    ),
    "search": zod({"path": S, "pattern": S, "excludePatterns": arr(S, default=[])}, "path", "pattern"),
    "no arguments": zod({}),
    "sorted": zod({"path": S, "sortBy": enum("name", "size", default="name")}, "path"),
}
ZOD = {
    "lazy tree": zod(
        {"root": ref("Node", "definitions")},
        "root",
        definitions={
            "Node": obj({"name": S, "children": arr(ref("Node", "definitions"))}, "name", additionalProperties=False)
        },
    ),
    "reference into a property": zod(
        {"from": obj({"x": N, "y": N}, "x", "y"), "to": {"$ref": "#/properties/from"}}, "from"
    ),
    "reference into items": zod({"adds": arr(obj({"id": S}, "id")), "drops": arr({"$ref": "#/properties/adds/items"})}),
    "union": zod({"value": {"anyOf": [S, N, B]}}, "value"),
    "types": zod({"value": {"type": ["string", "number", "boolean", "null"]}}, "value"),
    "nullable": zod({"parent": {"type": ["string", "null"]}, "due": {"anyOf": [S, {"type": "null"}]}}),
    "nullish object": zod({"filter": {"anyOf": [obj({"a": S}, additionalProperties=False), {"type": "null"}]}}),
    "literal": zod({"kind": {"type": "string", "const": "page"}, "version": {"type": "number", "const": 2}}, "kind"),
    "native enum": zod(
        {"level": {"type": "number", "enum": [0, 1, 2]}, "mixed": {"type": ["string", "number"], "enum": ["a", 1]}}
    ),
    "discriminated": zod(
        {
            "target": {
                "anyOf": [
                    obj(
                        {"type": {"type": "string", "const": "page"}, "page_id": S},
                        "type",
                        "page_id",
                        additionalProperties=False,
                    ),
                    obj(
                        {"type": {"type": "string", "const": "block"}, "block_id": S},
                        "type",
                        "block_id",
                        additionalProperties=False,
                    ),
                ]
            }
        }
    ),
    "record": zod(
        {
            "headers": {"type": "object", "additionalProperties": S},
            "any": {"type": "object", "additionalProperties": {}},
        }
    ),
    "record by names": zod({"env": {"type": "object", "additionalProperties": S, "propertyNames": enum("A", "B")}}),
    "passthrough": zod({"body": obj({"id": S}, additionalProperties=True)}, "body"),
    "tuple": zod({"range": {"type": "array", "minItems": 2, "maxItems": 2, "items": [N, N]}}, "range"),
    "tuple with rest": zod({"row": {"type": "array", "minItems": 1, "items": [S], "additionalItems": N}}),
    "bounds": zod({"n": {**INT, "exclusiveMinimum": 0, "maximum": 100}, "s": {**S, "minLength": 1, "maxLength": 80}}),
    "formats": zod({"url": {**S, "format": "uri"}, "at": {**S, "format": "date-time"}, "id": {**S, "format": "uuid"}}),
    "intersection": zod({"who": {"allOf": [obj({"a": S}, "a"), obj({"b": S}, "b")]}}),
    "any": zod({"payload": {}, "list": arr({}), "bare": {"type": "array"}}),
    "set": zod({"ids": arr(S, uniqueItems=True)}),
    "not": zod({"never": {"not": {}}, "name": S}),
    "empty object": zod({"options": obj({}, additionalProperties=False)}),
    "closed by refinement": zod({"a": S, "b": S}, anyOf=[{"required": ["a"]}, {"required": ["b"]}]),
}
ZOD4 = {
    "mail": zod4({"to": arr({**S, "format": "email", "pattern": EMAIL}), "body": S}, "to", "body"),
    "uuid": zod4({"id": {**S, "format": "uuid", "pattern": UUID}}, "id"),
    "safe integers": zod4({"n": {**INT, "minimum": -9007199254740991, "maximum": 9007199254740991}}, "n"),
    "defs": zod4({"a": ref("__schema0"), "b": ref("__schema0")}, **{"$defs": {"__schema0": obj({"x": N}, "x")}}),
    "one of": zod4(
        {
            "shape": {
                "oneOf": [
                    obj({"kind": {"const": "circle", **S}, "radius": N}, "kind", "radius"),
                    obj({"kind": {"const": "square", **S}, "side": N}, "kind", "side"),
                ]
            }
        },
        "shape",
    ),
    "prefix": zod4({"pair": {"type": "array", "prefixItems": [S, N]}}),
    "partial record": zod4({"m": {"type": "object", "propertyNames": S, "additionalProperties": N}}),
    "recursive root": zod4({"value": S, "next": {"$ref": "#"}}, "value"),
}
STATUS, ITEM = enum("open", "closed", title="Status"), model("Item", {"sku": S, "count": {**INT, "default": 1}}, "sku")
PYDANTIC = {
    "optional": model("search", {"query": S, "limit": maybe(INT, default=10), "cursor": maybe(S)}, "query"),
    "nested": model("order", {"items": arr(ref("Item")), "note": maybe(S)}, "items", **{"$defs": {"Item": ITEM}}),
    "enum": model("list", {"status": ref("Status", default="open")}, **{"$defs": {"Status": STATUS}}),
    "all of for default": model(
        "v1", {"status": {"allOf": [ref("Status", "definitions")], "default": "open"}}, definitions={"Status": STATUS}
    ),
    "optional model": model("put", {"item": maybe(ref("Item"))}, **{"$defs": {"Item": ITEM}}),
    "union of models": model(
        "act",
        {"step": {"anyOf": [ref("Click"), ref("Type")]}},
        "step",
        **{
            "$defs": {
                "Click": model("Click", {"x": INT, "y": INT}, "x", "y"),
                "Type": model("Type", {"text": S}, "text"),
            }
        },
    ),
    "discriminator": model(
        "act",
        {
            "step": {
                "oneOf": [ref("Click"), ref("Type")],
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {"click": "#/$defs/Click", "type": "#/$defs/Type"},
                },
            }
        },
        "step",
        **{
            "$defs": {
                "Click": model("Click", {"kind": {**S, "const": "click"}, "x": INT}, "kind", "x"),
                "Type": model("Type", {"kind": {**S, "const": "type"}, "text": S}, "kind", "text"),
            }
        },
    ),
    "recursive": model(
        "save",
        {"tree": ref("Folder")},
        "tree",
        **{"$defs": {"Folder": model("Folder", {"name": S, "folders": arr(ref("Folder"), default=[])}, "name")}},
    ),
    "dict": model(
        "tag",
        {
            "labels": {"type": "object", "additionalProperties": S},
            "extra": {"type": "object", "additionalProperties": True},
        },
    ),
    "dict of lists": model("g", {"groups": {"type": "object", "additionalProperties": arr(INT)}}, "groups"),
    "literal": model("m", {"mode": {"const": "fast", **S}, "size": {"enum": [1, 2, 4], "type": "integer"}}, "mode"),
    "tuple": model("box", {"corner": {"type": "array", "prefixItems": [N, N], "minItems": 2, "maxItems": 2}}, "corner"),
    "set": model("s", {"ids": arr(INT, uniqueItems=True)}),
    "constrained": model("c", {"page": {**INT, "minimum": 1, "default": 1}, "rate": {**N, "exclusiveMinimum": 0.0}}),
    "decimal": model("d", {"price": {"anyOf": [N, {**S, "pattern": "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}]}}, "price"),
    "datetime": model("t", {"at": {**S, "format": "date-time"}, "every": maybe({**S, "format": "duration"})}),
    "any": model("any", {"value": {}, "items": {"type": "array", "items": {}}}, "value"),
    "generic name": model(
        "p", {"page": ref("Page_Item_")}, **{"$defs": {"Page_Item_": model("Page[Item]", {"items": arr(S)})}}
    ),
    "dangling definitions": model("fast", {"item": ref("Gone"), "query": S}, "query"),
    "list or one": model("l", {"ids": {"anyOf": [S, arr(S)]}, "when": maybe(S, INT)}, "ids"),
}
PET = obj({"id": {**INT, "format": "int64", "example": 1}, "tag": {**S, "nullable": True}}, "id", xml={"name": "pet"})
OPENAPI = {
    "query": obj(dict([query("limit", {**INT, "format": "int32"}), query("status", enum("a", "b"), required=True)])),
    "brackets": obj({"filter[name]": S, "filter[bundleId]": S, "page[size]": INT, "fields[apps]": arr(S)}),
    "body": obj({"body": ref("Pet", "components/schemas")}, "body", components={"schemas": {"Pet": PET}}),
    "all of": {"allOf": [PET, obj({"name": S}, "name")]},
    "one of": {
        "type": "object",
        "oneOf": [obj({"url": S}, "url"), obj({"file": S}, "file")],
        "discriminator": {"propertyName": "k"},
    },
    "nullable reference": obj(
        {"pet": {"allOf": [ref("Pet", "definitions")], "nullable": True}}, definitions={"Pet": PET}
    ),
    "nullable list": obj({"sort": enum("asc", "desc", nullable=True), "ids": {**arr(INT), "nullable": True}}),
    "external": obj({"schema": {"$ref": "https://a.example/openapi.json#/components/schemas/S"}, "id": S}, "id"),
    "int64": obj(
        {"id": {"type": "integer", "format": "int64", "minimum": 0}, "ratio": {"type": "number", "format": "float"}}
    ),
    "binary": obj({"file": {**S, "format": "binary"}, "data": {**S, "format": "byte"}}),
    "long names": obj({"settings__approved__or__denied__countries__or__regions__approved__list__of__all": arr(S)}),
    "read only": obj({"id": {**S, "readOnly": True}, "made": {**S, "deprecated": True}, "x": {**S, "x-order": 1}}),
}
DRAFTS = {
    "draft 3": {"type": "object", "properties": {"a": {**S, "required": True}, "b": {**INT, "required": False}}},
    "draft 4": obj(
        {"n": {**N, "minimum": 0, "exclusiveMinimum": True}},
        id="http://a.example/n",
        **{"$schema": "http://json-schema.org/draft-04/schema#"},
    ),
    "dependencies": obj({"card": S, "address": S}, dependencies={"card": ["address"]}),
    "conditions": obj(
        {"kind": enum("a", "b"), "x": S},
        **{"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}},
    ),
    "patterns": obj({"id": S}, patternProperties={"^x-": S}),
    "anchors": obj({"a": {"$ref": "#node"}}, definitions={"n": {"$id": "#node", **obj({"leaf": S})}}),
    "own address": {
        "$id": "https://a.example/s",
        **obj({"a": {"$ref": "https://a.example/s#/definitions/n"}}),
        "definitions": {"n": obj({"leaf": S})},
    },
    "no types": {"properties": {"query": {"description": "What to find."}, "top": {"description": "How many."}}},
    "any type": obj({"value": {"type": "any", "description": "Anything."}, "when": {"type": "date"}}, "value"),
    "python types": obj(
        {"q": {"type": "str"}, "n": {"type": "int"}, "o": {"type": "dict"}, "l": {"type": "list"}}, "q"
    ),
    "upper case": {
        "type": "OBJECT",
        "properties": {"q": {"type": "STRING"}, "l": {"type": "ARRAY", "items": {"type": "INTEGER"}}},
    },
    "shorthand": obj({"city": "string", "days": "integer"}, "city"),
    "undefined required": obj({"text": S}, "element", "ref", "text"),
    "null parts": obj({"a": {**S, "description": None, "enum": None, "default": None}, "b": None}),
    "root choice": {"anyOf": [obj({"a": S}, "a"), obj({"b": S}, "b")]},
    "root list": {"type": "array", "items": S},
    "required inside": {"type": "object", "properties": {"a": S, "required": ["a"]}},
    "empty": {},
}
PUBLISHED: dict[str, Json] = {
    f"{source}: {name}": schema
    for source, group in {
        "zod": FILES | ZOD,
        "zod4": ZOD4,
        "pydantic": PYDANTIC,
        "openapi": OPENAPI,
        "drafts": DRAFTS,
    }.items()
    for name, schema in group.items()
}
NAMES = {
    "openapi: body": {"body", "id", "tag"},
    "openapi: nullable reference": {"pet", "id", "tag"},
    "drafts: anchors": {"a", "leaf"},
    "drafts: own address": {"a", "leaf"},
    "drafts: root list": set(),
}
"""The property names of schemas whose references a plain walk does not follow."""


def names_in(node: Any) -> set[str]:
    """Return all property names in a schema as it is published."""
    if isinstance(node, list):
        return set().union(*map(names_in, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    properties = node.get("properties")
    own = set(properties) if isinstance(properties, dict) else set()
    inner = [*(properties.values() if isinstance(properties, dict) else ())]
    return own | set().union(*map(names_in, [*inner, *(value for key, value in node.items() if key != "properties")]))
