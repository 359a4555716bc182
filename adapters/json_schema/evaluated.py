"""Which parts of a value a schema's other keywords have judged: what `unevaluated...` leaves out.

Source: JSON Schema 2020-12, core, annotations of applicators. A pattern that cannot be judged counts as matched.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from adapters.json_schema.patterns import matches
from adapters.json_schema.references import References
from ports.work_budget import WorkBudget


class Judge(Protocol):
    """What is needed of a judgement."""

    references: References
    budget: WorkBudget

    def holds(self, schema: Any, value: Any) -> bool:
        """Return whether a value is valid by a schema."""
        ...


def properties_left(judge: Judge, node: dict[str, Any], value: dict[str, Any]) -> list[str]:
    """Return the properties of `value` that no keyword beside `unevaluatedProperties` judges."""
    beside = {key: part for key, part in node.items() if key != "unevaluatedProperties"}
    done: set[str] = set()
    for schema in _in_place(judge, beside, value):
        judge.budget.spend(1 + len(value))
        if "additionalProperties" in schema or "unevaluatedProperties" in schema:
            return []
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        done |= {name for name in value if name in known}
        done |= {name for name in value for pattern in patterns if matches(pattern, name, judge.budget) is not False}
    return [name for name in value if name not in done]


def items_left(judge: Judge, node: dict[str, Any], value: list[Any]) -> list[int]:
    """Return the places of `value` that no keyword beside `unevaluatedItems` judges."""
    beside = {key: part for key, part in node.items() if key != "unevaluatedItems"}
    done: set[int] = set()
    for schema in _in_place(judge, beside, value):
        judge.budget.spend(1 + len(value))
        if "items" in schema or "unevaluatedItems" in schema:
            return []
        done |= set(range(len(schema.get("prefixItems", ()))))
        if "contains" in schema:
            done |= {place for place, entry in enumerate(value) if judge.holds(schema["contains"], entry)}
    return [place for place in range(len(value)) if place not in done]


def _in_place(judge: Judge, root: dict[str, Any], value: Any) -> Iterator[dict[str, Any]]:
    """Yield the schemas that apply to the value itself and hold for it, each once."""
    waiting: list[Any] = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        judge.budget.spend()
        if isinstance(node, bool) or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting += [judge.references.target(node[key], judge.budget) for key in ("$ref", "$dynamicRef") if key in node]
        waiting += node.get("allOf", ())
        waiting += [part for key in ("anyOf", "oneOf") for part in node.get(key, ()) if judge.holds(part, value)]
        if "if" in node:
            holds = judge.holds(node["if"], value)
            waiting += [node["if"]] if holds else []
            waiting.append(node.get("then" if holds else "else", True))
        if isinstance(value, dict):
            judge.budget.spend(len(node.get("dependentSchemas", ())))
            waiting += [part for name, part in node.get("dependentSchemas", {}).items() if name in value]
