"""Sampling parameters: clamped to their ranges, of the right type, only if the model lists them."""

from dataclasses import dataclass

from domain.catalog.support import supports
from ports.catalog import Model
from ports.json_values import JsonObject

SMALLEST_OUTPUT = 16
LONGEST_STOP, MOST_STOPS = 1000, 4


@dataclass(frozen=True, slots=True)
class Range:
    """Inclusive limits that upstream enforces for every model."""

    low: float
    high: float


RANGES = {
    "temperature": Range(0.0, 2.0),
    "top_p": Range(0.0, 1.0),
    "top_k": Range(0, 2**31 - 1),
    "frequency_penalty": Range(-2.0, 2.0),
    "presence_penalty": Range(-2.0, 2.0),
    "top_logprobs": Range(0, 20),
    "min_p": Range(0.0, 1.0),
    "top_a": Range(0.0, 1.0),
    "repetition_penalty": Range(0.0, 2.0),
}


def sampled(name: str, value: float | None, model: Model | None) -> float | None:
    """Return a sampling parameter clamped to its range; None if not requested or not listed by the model."""
    if value is None or not supports(model, name):
        return None
    limits = RANGES[name]
    return min(max(value, limits.low), limits.high)


def counted(name: str, value: int | None, model: Model | None) -> int | None:
    """Return a whole-number parameter clamped to its range; None if not requested or not listed by the model."""
    number = sampled(name, value, model)
    return None if number is None else int(number)


def output_limit(asked: int | None, model: Model | None, *, use_ceiling: bool) -> int | None:
    """Return the limit of output tokens, reasoning included.

    A limit of the caller is clamped to what upstream accepts. Without one, the catalog's ceiling is sent only if
    `use_ceiling` is set.
    """
    ceiling = None if model is None else model.max_completion_tokens
    if asked is None or asked <= 0:
        return ceiling if use_ceiling else None
    limit = max(SMALLEST_OUTPUT, asked)
    if ceiling is None and model is not None:
        ceiling = model.context_length
    return min(limit, ceiling) if ceiling is not None and ceiling >= SMALLEST_OUTPUT else limit


def stops(asked: tuple[str, ...], model: Model | None) -> tuple[str, ...]:
    """Return at most four non-empty stop texts, if the catalog lists `stop` for the model."""
    if model is None or "stop" not in model.supported_parameters:
        return ()
    return tuple(stop for stop in asked if stop.replace("\0", "") and len(stop) <= LONGEST_STOP)[:MOST_STOPS]


def chat_only(asked: JsonObject, model: Model | None) -> JsonObject | None:
    """Return the checked parameters that only chat completions accepts and the model lists; None if there are none."""
    kept: dict[str, object] = {}
    for name in ("min_p", "top_a", "repetition_penalty"):
        value = sampled(name, _number(asked.get(name)), model)
        if value is not None:
            kept[name] = value
    seed = asked.get("seed")
    if isinstance(seed, int) and not isinstance(seed, bool) and supports(model, "seed"):
        kept["seed"] = seed
    if isinstance(asked.get("logprobs"), bool) and supports(model, "logprobs"):
        kept["logprobs"] = asked["logprobs"]
    bias = asked.get("logit_bias")
    if isinstance(bias, dict) and supports(model, "logit_bias"):
        numbers = {str(key): _number(value) for key, value in bias.items()}
        kept["logit_bias"] = {
            key: min(max(value, -100.0), 100.0) for key, value in numbers.items() if value is not None
        }
    return {key: value for key, value in kept.items() if value != {}} or None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
