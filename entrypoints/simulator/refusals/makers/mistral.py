"""What Mistral refuses in tools. Source: wording of public error reports (2025, 2026)."""

import re
from typing import Any

from entrypoints.simulator.payload import Json
from entrypoints.simulator.refusals.makers.draft import violations
from entrypoints.simulator.refusals.makers.walk import schemas_in
from entrypoints.simulator.refusals.verdicts import Provider

MOST_TOOLS = 128
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_UNIMPLEMENTED = frozenset(
    [
        *("$id", "$schema", "$anchor", "not", "if", "then", "else", "contains", "uniqueItems", "propertyNames"),
        *("dependentSchemas", "dependentRequired", "unevaluatedProperties", "unevaluatedItems"),
        *("minProperties", "maxProperties"),
    ]
)


def check(tools: list[Json], provider: Provider) -> None:
    """Raise Refusal for the first tool that Mistral refuses."""
    if len(tools) > MOST_TOOLS:
        provider.refuse(f"Too many tools: at most {MOST_TOOLS} are allowed, {len(tools)} were given.")
    for tool in tools:
        if not _NAME.fullmatch(tool["name"]):
            provider.refuse(
                f"Function name was {tool['name']} but must be a-z, A-Z, 0-9, or contain underscores and dashes, "
                "with a maximum length of 64."
            )
        parameters = tool["parameters"]
        if not _is_valid(parameters):
            provider.refuse(f"Invalid tool schema: {parameters!r:.500} is not valid under any of the given schemas")
        for path, schema in schemas_in(parameters):
            wrong = sorted(_UNIMPLEMENTED & schema.keys()) if isinstance(schema, dict) else []
            pattern = str(schema.get("pattern", "")) if isinstance(schema, dict) else ""
            if wrong or re.search(r"\(\?<?[=!]", pattern):
                provider.refuse(
                    "Grammar error: at 3(11): failed to compile JSON schema: "
                    f"Unimplemented keys: {wrong or [pattern]} at /{'/'.join(path)}"
                )


def _is_valid(root: Any) -> bool:
    if not isinstance(root, dict) or root.get("type") != "object":
        return False
    return not any(True for _ in violations(root))
