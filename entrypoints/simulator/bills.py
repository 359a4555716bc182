"""The price of a call, and the bill of it that `/generation` returns.

Prices are USD per unit as decimal strings; sums are `Decimal` and become JSON numbers only in a response.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from entrypoints.simulator.payload import Json


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts of one call; `cached` and `written` (to the cache) are parts of `input`, `reasoning` of `output`."""

    input: int
    output: int
    reasoning: int = 0
    cached: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost in USD of the input, of the output, and of server tools; None if no metered one ran."""

    prompt: Decimal
    completion: Decimal
    tools: Decimal | None = None

    @property
    def inference(self) -> Decimal:
        """Sum input and output."""
        return self.prompt + self.completion

    @property
    def total(self) -> Decimal:
        """Sum everything."""
        return self.inference + (self.tools or 0)


FREE = Cost(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of one finished or cancelled call; times in seconds of the monotonic clock. `key` pays it."""

    generation_id: str
    model: str
    provider: str
    tokens: Tokens
    cost: Cost
    finish_reason: str | None
    cancelled: bool
    streamed: bool
    session_id: str | None
    created_at: datetime
    started_at: float
    first_at: float
    ended_at: float
    key_hash: str = ""


def price(tokens: Tokens, pricing: Json, now: datetime) -> Cost:
    """Return the cost of `tokens`; a variable price ("-1") counts as zero.

    An override replaces single prices if all its conditions hold; later overrides win (openrouter_api 10).
    """
    rates = dict(pricing)
    for override in pricing.get("overrides", ()):
        if _applies(override, tokens, now):
            rates.update(override)
    fresh = tokens.input - tokens.cached - tokens.written
    read = _rate(rates, "input_cache_read", "prompt")
    write = _rate(rates, "input_cache_write", "prompt")
    prompt = fresh * _rate(rates, "prompt") + tokens.cached * read + tokens.written * write
    return Cost(prompt + _rate(rates, "request"), tokens.output * _rate(rates, "completion"))


def _rate(rates: Json, *names: str) -> Decimal:
    found = next((rates[name] for name in names if name in rates), "0")
    return max(Decimal(found), Decimal(0))


def _applies(override: Json, tokens: Tokens, now: datetime) -> bool:
    if tokens.input <= override.get("min_prompt_tokens", -1):
        return False
    if "utc_days" in override and now.strftime("%A").lower() not in override["utc_days"]:
        return False
    start: int = override.get("utc_start", 0)
    end: int = override.get("utc_end", 2400)
    clock = now.hour * 100 + now.minute
    return start <= clock < end if start <= end else clock >= start or clock < end


def responses_usage(tokens: Tokens, cost: Cost, tools_used: Json | None = None) -> Json:
    """Build the usage object of /responses."""
    used = {"server_tool_use_details": tools_used} if tools_used else {}
    return {
        **used,
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": tokens.written},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
        "cost": float(cost.total),
        "is_byok": False,
        "cost_details": {
            "upstream_inference_cost": float(cost.inference),
            "upstream_inference_input_cost": float(cost.prompt),
            "upstream_inference_output_cost": float(cost.completion),
            "server_tool_cost": None if cost.tools is None else float(cost.tools),
        },
    }


def chat_usage(tokens: Tokens, cost: Cost, tools_used: Json | None = None) -> Json:
    """Build the usage object of /chat/completions."""
    used = {"server_tool_use_details": tools_used} if tools_used else {}
    return {
        **used,
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "cost": float(cost.total),
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": tokens.cached,
            "cache_write_tokens": tokens.written,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning, "audio_tokens": 0},
        "cost_details": {
            "upstream_inference_cost": float(cost.inference),
            **({} if cost.tools is None else {"server_tool_cost": float(cost.tools)}),
            "upstream_inference_prompt_cost": float(cost.prompt),
            "upstream_inference_completions_cost": float(cost.completion),
        },
    }


DayKey = tuple[date, str, str, str]
"""A day (UTC), a model, a provider, and the hash of the key that paid."""


@dataclass
class DaySum:
    """What was counted of one day, model, provider and key."""

    requests: int = 0
    cost: Decimal = Decimal(0)
    input: int = 0
    output: int = 0
    reasoning: int = 0


class Bills:
    """The newest bills by generation id, the sums of each day, and the account's total spending."""

    def __init__(self, delay: float, limit: int = 10_000) -> None:
        self._bills: OrderedDict[str, Bill] = OrderedDict()
        self.delay, self._limit = delay, limit
        self.spent = Decimal(0)
        self.days: dict[DayKey, DaySum] = {}

    def add(self, bill: Bill) -> None:
        """Add the bill of one call."""
        self._bills[bill.generation_id] = bill
        self.spent += bill.cost.total
        day = bill.created_at.date(), bill.model, bill.provider, bill.key_hash
        sums = self.days.setdefault(day, DaySum())
        sums.requests += 1
        sums.cost += bill.cost.total
        sums.input += bill.tokens.input
        sums.output += bill.tokens.output
        sums.reasoning += bill.tokens.reasoning
        if len(self._bills) > self._limit:
            self._bills.popitem(last=False)

    def spent_on(self, day: date, key_hash: str) -> Decimal:
        """Return what a key spent on one day."""
        found = (sums.cost for key, sums in self.days.items() if (key[0], key[3]) == (day, key_hash))
        return sum(found, Decimal(0))

    def spent_by(self, key_hash: str) -> Decimal:
        """Return what a key spent in all."""
        return sum((sums.cost for key, sums in self.days.items() if key[3] == key_hash), Decimal(0))

    def find(self, generation_id: str, now: float) -> Bill | None:
        """Return a bill, or None; like upstream's, it appears `delay` seconds after the call has ended."""
        bill = self._bills.get(generation_id)
        return bill if bill is not None and now >= bill.ended_at + self.delay else None


def activity_rows(bills: Bills, day: date | None, key_hash: str | None) -> list[Json]:
    """Build the rows of /activity: of all days or one, of all keys or one.

    Upstream has only days that are over; here the present one is there too, so that nobody has to wait for midnight.
    """
    chosen = [
        (key, sums)
        for key, sums in bills.days.items()
        if (day is None or key[0] == day) and (key_hash is None or key[3] == key_hash)
    ]
    return [_activity_row(key, sums) for key, sums in chosen]


def _activity_row(key: DayKey, sums: DaySum) -> Json:
    day, model, provider, _ = key
    return {
        "date": day.isoformat(),
        "model": model,
        "model_permaslug": model,
        "endpoint_id": str(uuid5(NAMESPACE_URL, f"{model} {provider}")),
        "provider_name": provider,
        "usage": float(sums.cost),
        "byok_usage_inference": 0,
        "requests": sums.requests,
        "prompt_tokens": sums.input,
        "completion_tokens": sums.output,
        "reasoning_tokens": sums.reasoning,
    }


def generation_data(bill: Bill) -> Json:
    """Build the `/generation` object of a bill; durations in milliseconds."""
    cost = float(bill.cost.total)
    data: dict[str, Any] = dict.fromkeys(_ALWAYS_NULL)
    return data | {
        "id": bill.generation_id,
        "api_type": "completions",
        "model": bill.model,
        "provider_name": bill.provider,
        "origin": "",
        "created_at": bill.created_at.isoformat(),
        "data_region": "global",
        "streamed": bill.streamed,
        "cancelled": bill.cancelled,
        "finish_reason": bill.finish_reason,
        "native_finish_reason": bill.finish_reason,
        "total_cost": cost,
        "usage": cost,
        "upstream_inference_cost": cost,
        "cache_discount": None,
        "is_byok": False,
        "latency": round((bill.first_at - bill.started_at) * 1000),
        "generation_time": round((bill.ended_at - bill.first_at) * 1000),
        "tokens_prompt": bill.tokens.input,
        "tokens_completion": bill.tokens.output,
        "native_tokens_prompt": bill.tokens.input,
        "native_tokens_completion": bill.tokens.output,
        "native_tokens_reasoning": bill.tokens.reasoning,
        "native_tokens_cached": bill.tokens.cached,
        "session_id": bill.session_id,
    }


_ALWAYS_NULL = (
    "app_id",
    "external_user",
    "http_referer",
    "moderation_latency",
    "native_tokens_completion_images",
    "num_fetches",
    "num_input_audio_prompt",
    "num_media_completion",
    "num_media_prompt",
    "num_search_results",
    "preset_id",
    "provider_responses",
    "request_id",
    "router",
    "service_tier",
    "upstream_id",
    "user_agent",
    "web_search_engine",
    "workspace_id",
)
