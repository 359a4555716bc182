"""The reasoning request: the caller's wishes, then the operator's defaults, within the limits of the catalog.

Source: OpenRouter API reference, reasoning request.
"""

from domain.catalog.support import ANTHROPIC, author, supports, takes_newest_options
from domain.request.shapes import Shape, one_of, reduced
from domain.request.turn_request import Thinking
from ports.catalog import Model, Reasoning
from ports.json_values import JsonObject

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
SUMMARIES = ("auto", "concise", "detailed")
NEWEST: Shape = {"context": one_of("auto", "all_turns", "current_turn"), "mode": one_of("standard", "pro")}
"""Keys that only the newest models of OpenAI take."""
ENCRYPTED = "reasoning.encrypted_content"
"""What `include` asks for wherever a model thinks, so that the thinking can be sent back."""
SMALLEST_BUDGET, LARGEST_BUDGET = 1024, 128_000
_SHARE_OF_BUDGET = {"minimal": 0.25, "low": 0.5, "medium": 1.0, "high": 2.0, "xhigh": 4.0, "max": 4.0}


def reasoning_of(
    asked: JsonObject, thinking: Thinking, model: Model | None, slug: str, output_limit: int | None
) -> JsonObject | None:
    """Return the `reasoning` object, None for the model's own default.

    `asked` contains the caller's effort, max_tokens, enabled, summary, context and mode. Nothing is sent to a model
    without reasoning. Effort and budget are never sent together. Mandatory reasoning is never switched off.
    """
    if not _reasons(model):
        return None
    known = model.reasoning if model is not None and model.reasoning is not None else _undescribed(model)
    if asked.get("enabled") is False:
        asked = {**asked, "effort": "none"}
    newest = reduced(asked, NEWEST) if takes_newest_options(slug) else {}
    if not thinking.enabled and not _named(asked):
        return newest or None
    effort = _wish(asked, thinking)
    if author(slug) == ANTHROPIC and output_limit is not None and output_limit <= SMALLEST_BUDGET:
        effort, asked = "none", {}
    chosen = _budget(asked, effort, known, slug, output_limit, thinking) or _effort(effort, known)
    off = chosen.get("effort") == "none" or chosen.get("enabled") is False
    summary = asked.get("summary") or thinking.summary
    if chosen and not off and summary in SUMMARIES:
        chosen["summary"] = str(summary)
    return (chosen if off else {**chosen, **newest}) or None


def lost_of(asked: JsonObject, sent: JsonObject | None) -> list[str]:
    """Return the names of requested keys that are not sent. An effort and a budget stand for each other."""
    if not asked or not sent:
        return ["reasoning"] if asked else []
    keys = {key for key in ("summary", *NEWEST) if asked.get(key) is not None and key not in sent}
    how_much = any(key in sent for key in ("effort", "max_tokens", "enabled"))
    effort, budget, enabled = asked.get("effort"), asked.get("max_tokens"), asked.get("enabled")
    if effort is not None and (effort not in EFFORTS or not how_much):
        keys.add("effort")
    if budget is not None and (not how_much or isinstance(budget, bool) or not isinstance(budget, int) or budget <= 0):
        keys.add("max_tokens")
    if enabled is not None and not isinstance(enabled, bool):
        keys.add("enabled")
    return [f"reasoning.{key}" for key in sorted(keys)]


def nearest(effort: str, allowed: tuple[str, ...]) -> str | None:
    """Return the allowed effort closest to `effort`, the lower of two equally close; None if there is none."""
    wish = EFFORTS.index(effort) if effort in EFFORTS else EFFORTS.index("medium")
    choices = [name for name in EFFORTS if name in allowed]
    return min(choices, key=lambda name: abs(EFFORTS.index(name) - wish)) if choices else None


def _reasons(model: Model | None) -> bool:
    if model is None or not model.supported_parameters:
        return False
    return supports(model, "reasoning") or model.reasoning is not None


def _undescribed(model: Model | None) -> Reasoning:
    """Return the reasoning of a model whose catalog entry lists the parameter without details, such as a router."""
    return Reasoning(takes_effort=model is not None and supports(model, "reasoning_effort"))


def _named(asked: JsonObject) -> bool:
    return any(asked.get(key) is not None for key in ("effort", "max_tokens", "enabled"))


def _wish(asked: JsonObject, thinking: Thinking) -> str:
    named = asked.get("effort")
    wish = named if isinstance(named, str) and named in EFFORTS else thinking.effort
    places = [EFFORTS.index(name) for name in (wish, thinking.deepest) if name in EFFORTS]
    return EFFORTS[min(places)] if places else "medium"


def _effort(effort: str, known: Reasoning) -> dict[str, object]:
    if effort == "none" and not known.mandatory:
        allowed = known.efforts if known.efforts is not None else EFFORTS
        return {"effort": "none"} if known.takes_effort and "none" in allowed else {"enabled": False}
    if known.takes_effort:
        allowed = EFFORTS if known.efforts is None else known.efforts
        choice = nearest(effort, tuple(name for name in allowed if name != "none"))
        return {"effort": choice} if choice is not None else {}
    return {"enabled": True}


def _budget(
    asked: JsonObject, effort: str, known: Reasoning, slug: str, output_limit: int | None, thinking: Thinking
) -> dict[str, object]:
    """Return a token budget if one was requested, or if the model takes budgets but no efforts."""
    if not known.takes_budget or (effort == "none" and not known.mandatory):
        return {}
    wish = asked.get("max_tokens")
    if isinstance(wish, int) and not isinstance(wish, bool) and wish > 0:
        tokens = wish if thinking.deepest == "max" else min(wish, _tokens(thinking.deepest, thinking))
    elif known.takes_effort:
        return {}
    else:
        tokens = _tokens(effort, thinking)
    tokens = min(max(tokens, SMALLEST_BUDGET), LARGEST_BUDGET)
    if output_limit is not None and tokens >= output_limit:
        tokens = output_limit - 1
    too_small = tokens < (SMALLEST_BUDGET if author(slug) == ANTHROPIC else 1)
    return {"enabled": True} if too_small else {"max_tokens": tokens}


def _tokens(effort: str, thinking: Thinking) -> int:
    """Return the token budget that corresponds to an effort."""
    return round(thinking.budget * _SHARE_OF_BUDGET.get(effort, 0.25))
