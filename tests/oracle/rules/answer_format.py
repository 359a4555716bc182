"""The `text` object: format and verbosity of the answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import Facts
from tests.oracle.rules.schemas import is_name, root_complaints, schema_complaints, strict_complaints

VERBOSITY = ("low", "medium", "high", "xhigh", "max")
FORMAT_KEYS = frozenset({"type", "name", "schema", "strict", "description"})


def answer_format_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if "text" not in body:
        return
    text = body["text"]
    if not isinstance(text, Mapping) or not text.keys() <= {"format", "verbosity"}:
        yield "2 text: only format and verbosity"
        return
    if "verbosity" in text:
        if text["verbosity"] not in VERBOSITY:
            yield f"2 text.verbosity: {text['verbosity']!r:.60}"
        if not facts.takes("verbosity"):
            yield "14.4 text.verbosity: the model does not list it"
    if "format" in text:
        yield from format_complaints(text["format"], facts)


def format_complaints(form: Any, facts: Facts) -> Iterator[str]:
    kind = form.get("type") if isinstance(form, Mapping) else None
    if kind in ("text", "json_object"):
        if form.keys() != {"type"}:
            yield "2 text.format: more than its type"
        if kind == "json_object" and not facts.takes("response_format"):
            yield "14.7 text.format: the model does not answer in JSON"
    elif kind == "json_schema":
        yield from json_schema_complaints(form, facts)
    else:
        yield f"2 text.format: {form!r:.80}"


def json_schema_complaints(form: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if not facts.takes("structured_outputs"):
        yield "14.7 text.format: the model follows no schema"
    if not is_name(form.get("name")):
        yield f"14.7 text.format.name: {form.get('name')!r:.80}"
    if not form.keys() <= FORMAT_KEYS:
        yield "2 text.format: unknown key in the flat form"
    if not isinstance(form.get("schema"), Mapping) or not form["schema"]:
        yield "14.7 text.format.schema: missing"
        return
    if not isinstance(form.get("description", ""), str):
        yield "2 text.format.description: not a text"
    yield from schema_complaints(form["schema"], "text.format.schema", facts.vendor)
    strict = form.get("strict", False)
    if not isinstance(strict, bool):
        yield "2 text.format.strict: not a boolean"
    elif strict:
        yield from root_complaints(form["schema"], "text.format.schema")
        yield from strict_complaints(form["schema"], "text.format.schema")
