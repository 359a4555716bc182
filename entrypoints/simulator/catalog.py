"""The model catalog: a realistic list from `catalog.json`, and an entry of the same shape for every scenario."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenario_models import scenario_entry
from entrypoints.simulator.scenarios.registry import AUTHOR, casting, listed_slugs

_VARIANTS = frozenset({"nitro", "floor", "exacto", "online", "thinking", "extended"})
"""Suffixes that request another routing of the same model."""

_ROUTED = {
    "openrouter/auto": "openai/gpt-5.6-luna",
    "openrouter/free": "openai/gpt-oss-20b:free",
    "openrouter/fusion": "openai/gpt-5.6-sol",
}
_PROVIDERS = {
    "anthropic": ("Anthropic", "anthropic"),
    "cohere": ("Cohere", "cohere"),
    "deepseek": ("DeepSeek", "deepseek"),
    "google": ("Google", "google-vertex"),
    "mistralai": ("Mistral", "mistral"),
    "openai": ("OpenAI", "openai"),
    "perplexity": ("Perplexity", "perplexity"),
    "sim": ("Simulator", "simulator"),
    "x-ai": ("xAI", "xai"),
}
_ZERO_RETENTION = frozenset({"anthropic", "google", "mistralai", "sim"})


@dataclass(frozen=True, slots=True)
class Model:
    """The catalog entry found for the slug `requested`; `answers_as` is the model id that a response names."""

    requested: str
    answers_as: str
    entry: Json

    @property
    def author(self) -> str:
        """Return the first part of the model id."""
        return self.answers_as.lstrip("~").partition("/")[0]

    @property
    def provider(self) -> str:
        """Return the provider's display name."""
        return _PROVIDERS.get(self.author, ("DeepInfra", "deepinfra"))[0]

    @property
    def provider_slug(self) -> str:
        """Return the provider's slug, as `provider.order` accepts it."""
        return _PROVIDERS.get(self.author, ("DeepInfra", "deepinfra"))[1]

    @property
    def zero_retention(self) -> bool:
        """Return whether the provider has zero data retention."""
        return self.author in _ZERO_RETENTION and not self.answers_as.endswith(":free")

    @property
    def paints_only(self) -> bool:
        """Return whether the model outputs images only."""
        outputs: list[str] = self.entry["architecture"]["output_modalities"]
        return outputs == ["image"]


@cache
def _published() -> tuple[Json, ...]:
    data = orjson.loads(Path(__file__).with_name("catalog.json").read_bytes())["data"]
    return tuple(data)


class Catalog:
    """All models. Also finds unlisted slugs that work: variants, and scenarios with other numbers."""

    def __init__(self) -> None:
        self.entries = [*_published(), *(scenario_entry(slug) for slug in listed_slugs())]
        self._by_slug = {entry["canonical_slug"]: entry for entry in self.entries if ":" not in entry["id"]}
        self._by_slug |= {entry["id"]: entry for entry in self.entries}

    def find(self, slug: str) -> Model | None:
        """Return the model for a slug in a request, or None."""
        entry = self._by_slug.get(slug) or self._unlisted(slug)
        if entry is None:
            return None
        answers_as = entry.get("alias_target", {}).get("slug") or _ROUTED.get(entry["id"], entry["id"])
        return Model(slug, answers_as, entry)

    def _unlisted(self, slug: str) -> Json | None:
        base, _, variant = slug.rpartition(":")
        if variant in _VARIANTS and base:
            found = self.find(base)
            return None if found is None else found.entry
        if slug.startswith(AUTHOR) and variant in {slug, "free"} and casting(slug) is not None:
            return scenario_entry(slug)
        return None

    def pricing(self, model: Model) -> Json:
        """Return the prices of the model that answers."""
        entry = self._by_slug.get(model.answers_as, model.entry)
        pricing: Json = entry["pricing"]
        return pricing


def page_row(model: Model) -> Json:
    """Build the row of a model in the list that upstream's own pages read, as far as it is about icons."""
    entry, slug = model.entry, model.entry["id"].partition(":")[0]
    icon = {"url": f"/images/icons/{model.provider}.png", "className": "rounded-full"}
    provider = {"name": model.provider, "slug": model.provider_slug, "icon": icon}
    endpoint = {"model_variant_slug": entry["id"], "provider_name": model.provider, "provider_info": provider}
    return {"slug": slug, "permaslug": entry["canonical_slug"], "name": entry["name"], "endpoint": endpoint}


def endpoint_row(model: Model) -> Json:
    """Build the row of a model's only provider endpoint."""
    entry = model.entry
    tools = "tools" in entry["supported_parameters"]
    percentiles = {"p50": 42.0, "p75": 55.0, "p90": 71.0, "p99": 120.0}
    return {
        "name": f"{model.provider} | {entry['canonical_slug']}",
        "model_id": entry["id"],
        "model_name": entry["name"],
        "provider_name": model.provider,
        "tag": model.provider_slug,
        "quantization": "unknown",
        "context_length": entry["context_length"],
        "max_completion_tokens": entry["top_provider"].get("max_completion_tokens"),
        "max_prompt_tokens": None,
        "pricing": {"discount": 0, **entry["pricing"]},
        "supported_parameters": entry["supported_parameters"],
        "status": 0,
        "uptime_last_5m": 100.0,
        "uptime_last_30m": 99.9,
        "uptime_last_1d": 99.5,
        "latency_last_30m": percentiles,
        "throughput_last_30m": percentiles,
        "supports_implicit_caching": "input_cache_read" in entry["pricing"],
        "supports_tool_choice": dict.fromkeys(("auto", "none", "required", "function"), tools),
        "supports_diarization": False,
        "service_tier": None,
        "native_tools": {},
    }
