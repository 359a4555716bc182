"""Reject requests that exclude every endpoint: 404 before any provider is called (openrouter_api 6.1, 9.2, 12)."""

from decimal import Decimal, InvalidOperation

from entrypoints.simulator.answers import Refusal, common, unavailable
from entrypoints.simulator.catalog import Model
from entrypoints.simulator.payload import Json
from entrypoints.simulator.prompts import Prompt

_ENDPOINTS = "No endpoints found"
_WORDS = {"image": "image input", "audio": "input audio", "video": "input video"}
_CATALOG_NAMES = {
    "max_output_tokens": "max_tokens",
    "text": "response_format",
}
"""Request fields that the catalog lists under another name."""

_LISTED_PARAMETERS = frozenset(
    {
        *("temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty"),
        *("repetition_penalty", "max_tokens", "max_completion_tokens", "logit_bias", "logprobs", "top_logprobs"),
        *("seed", "response_format", "stop", "tools", "tool_choice", "parallel_tool_calls", "reasoning"),
    }
)
_MILLION = 1_000_000


def check_routing(body: Json, prompt: Prompt, model: Model) -> None:
    """Raise Refusal for what the model's endpoints do not support or the provider preferences exclude."""
    entry = model.entry
    outputs = set(entry["architecture"]["output_modalities"])
    if not outputs & {"text", "image"}:
        message = f"{model.requested} is not available on this endpoint."
        raise Refusal(unavailable(400, "wrong_endpoint", message, [model.requested]))
    supported = set(entry["supported_parameters"])
    if prompt.tools and "tools" not in supported:
        _none_left(f'{_ENDPOINTS} that support tool use. Try disabling "{prompt.tools[0].name}".')
    for kind in sorted(prompt.media - set(entry["architecture"]["input_modalities"]) - {"file"}):
        _none_left(f"{_ENDPOINTS} that support {_WORDS[kind]}")
    wanted = set(body.get("modalities") or ())
    if wanted - {"text"} - outputs:
        _none_left(f"{_ENDPOINTS} that support the requested output modalities: {', '.join(sorted(wanted))}")
    _preferences(body, body.get("provider") or {}, model, supported)


def _none_left(message: str) -> None:
    raise Refusal(common(404, message))


def _preferences(body: Json, provider: Json, model: Model, supported: set[str]) -> None:
    if provider.get("require_parameters"):
        given = {_CATALOG_NAMES.get(name, name) for name, value in body.items() if value is not None}
        if (given & _LISTED_PARAMETERS) - supported:
            _filtered(model, "require_parameters", f"{_ENDPOINTS} that can handle the requested parameters.")
    if provider.get("zdr") and not model.zero_retention:
        _filtered(model, "data_policy:zdr", f"{_ENDPOINTS} matching your data policy (zero data retention).")
    names = {model.provider, model.provider_slug}
    allowed, ignored = provider.get("only"), provider.get("ignore") or ()
    if (allowed and not _named(allowed, names)) or _named(ignored, names):
        _filtered(model, "allowed_providers", "No allowed providers are available for the selected model.")
    limits = provider.get("max_price") or {}
    if any(_above(model.entry["pricing"].get(kind), limit) for kind, limit in limits.items()):
        _filtered(model, "max_price", f"{_ENDPOINTS} within the maximum price.")


def _named(slugs: list[str] | tuple[()], names: set[str]) -> bool:
    return any(slug in names or slug.partition("/")[0] in names for slug in slugs)


def _above(rate: str | None, limit: str) -> bool:
    """Return whether a price in USD per unit is above a limit in USD per million units."""
    try:
        return rate is not None and Decimal(rate) * _MILLION > Decimal(limit)
    except InvalidOperation:
        return False


def _filtered(model: Model, excluded_by: str, message: str) -> None:
    raise Refusal(unavailable(404, "constraint_filtered", message, [model.requested], excluded_by=excluded_by))
