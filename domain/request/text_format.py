"""The format of the answer: `response_format` of chat completions -> `text.format`."""

from domain.catalog.support import supports
from domain.request.answer_schema import answer_schema
from domain.request.tool_specs import NAME
from domain.tools.schema_bounds import read_schema
from ports.catalog import Model
from ports.json_values import JsonObject

JSON_FORMATS = ("json_object", "json_schema")
VERBOSITIES = ("low", "medium", "high", "xhigh", "max")


def text_of(
    response_format: JsonObject | None, text: JsonObject | None, verbosity: str | None, model: Model | None, slug: str
) -> JsonObject | None:
    """Return the `text` object; the caller's `text.format` overrides `response_format`. None for plain text."""
    own = text or {}
    given = own.get("format")
    shape = _format(given if isinstance(given, dict) else response_format, model, slug)
    wish = own.get("verbosity") or verbosity
    result: dict[str, object] = {"format": shape} if shape else {}
    if wish in VERBOSITIES and supports(model, "verbosity"):
        result["verbosity"] = wish
    return result or None


def _format(given: JsonObject | None, model: Model | None, slug: str) -> JsonObject | None:
    kind = given.get("type") if given else None
    if given is None or kind not in JSON_FORMATS:
        return None
    nested = given.get("json_schema")
    source = nested if isinstance(nested, dict) else given
    name, schema = source.get("name"), read_schema(source.get("schema"))
    described = isinstance(schema, dict) and supports(model, "structured_outputs")
    fit = answer_schema(schema, slug, strict=source.get("strict") is True) if described and schema else None
    if fit is None:
        wanted = kind == "json_object" or isinstance(schema, dict | bool)
        return {"type": "json_object"} if wanted and supports(model, "response_format") else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        name = "answer"
    sent, is_strict = fit
    shape: dict[str, object] = {"type": "json_schema", "name": name, "schema": sent}
    if isinstance(source.get("strict"), bool):
        shape["strict"] = is_strict
    description = source.get("description")
    return {**shape, "description": description} if isinstance(description, str) and description else shape
