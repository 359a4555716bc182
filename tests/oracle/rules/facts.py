"""Facts about the request's model, read from its catalog entry."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CATALOG: list[dict[str, Any]] = json.loads(Path(__file__).parent.with_name("models.json").read_text("utf-8"))["data"]
ENTRIES = {entry["id"]: entry for entry in CATALOG}
KNOWN = frozenset(name for entry in CATALOG for name in (entry["id"], entry["canonical_slug"]))
SLUG = re.compile(r"(?:~?[\w.-]+/[\w.-]+(?::[\w.-]+)*(?:@preset/[\w-]+)?|@preset/[\w-]+)", re.ASCII)
ANYWHERE = frozenset({"nitro", "floor", "exacto", "online"})
"""Variants of any model; the others (free, thinking, extended) have catalog entries of their own."""


def base_of(slug: str) -> str:
    """Strip a preset, and variants that every model has."""
    head, *variants = slug.split("@preset/", maxsplit=1)[0].split(":")
    return ":".join([head, *(one for one in variants if one not in ANYWHERE)])


def is_known(slug: str) -> bool:
    """Return whether the catalog has the model; True for a bare preset, which the catalog cannot contain."""
    return SLUG.fullmatch(slug) is not None and (slug.startswith("@preset/") or base_of(slug) in KNOWN)


@dataclass(frozen=True, slots=True)
class Facts:
    """One model. `entry` is None outside the catalog; routers choose a model later: both are not restricted."""

    slug: str
    entry: Mapping[str, Any] | None

    @property
    def vendor(self) -> str:
        return self.slug.lstrip("~").split("/")[0]

    @property
    def is_open(self) -> bool:
        """Return whether the model's parameters are unknown."""
        return self.entry is None or self.vendor == "openrouter"

    def takes(self, parameter: str) -> bool:
        """Return whether the catalog lists the parameter."""
        return self.entry is None or self.is_open or parameter in self.entry.get("supported_parameters", [])

    def reads(self, modality: str) -> bool:
        """Return whether the model has the input modality."""
        return self.entry is None or self.is_open or modality in self.entry["architecture"]["input_modalities"]

    def writes(self, modality: str) -> bool:
        """Return whether the model has the output modality."""
        return self.entry is None or self.is_open or modality in self.entry["architecture"]["output_modalities"]

    @property
    def reasoning(self) -> Mapping[str, Any]:
        """Return the entry's reasoning object; empty if there is none."""
        return (self.entry or {}).get("reasoning") or {}

    @property
    def can_reason(self) -> bool:
        return self.takes("reasoning") or bool(self.reasoning)

    @property
    def output_limit(self) -> int | None:
        """Return the most tokens of one answer; without a listed limit, the context length."""
        entry = self.entry or {}
        top = entry.get("top_provider") or {}
        ceiling = top.get("max_completion_tokens")
        window = [entry.get("context_length"), top.get("context_length")]
        per_request = (entry.get("per_request_limits") or {}).get("completion_tokens")
        limits = [one for one in ([ceiling] if ceiling else window) + [per_request] if one]
        return min(limits, default=None)

    def thinks(self, reasoning: object) -> bool:
        """Return whether the model will reason, given the request's reasoning object (or None)."""
        asked = reasoning if isinstance(reasoning, Mapping) else {}
        if asked.get("enabled") is False or asked.get("effort") == "none":
            return False
        if asked.get("enabled") or asked.get("effort") or asked.get("max_tokens"):
            return True
        return bool(self.reasoning.get("default_enabled"))


def is_at_least(slug: str, version: tuple[int, int]) -> bool:
    """Return whether an OpenAI model has at least this GPT version."""
    found = re.match(r"~?openai/gpt-(\d+)(?:\.(\d+))?", slug)
    return found is not None and (int(found[1]), int(found[2] or 0)) >= version
