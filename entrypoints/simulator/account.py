"""The responses of GET /key and GET /credits: limits and spending of the key that asks, and of its account."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from aiohttp import web

from entrypoints.simulator.payload import Json

LIMIT = Decimal(100)
"""USD that a simulated key may spend per month."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What each key may spend, and what was paid into the account, in USD.

    Without `limit` keys are unlimited; without `credits` no key may read the account, as only management keys may.
    """

    limit: Decimal | None = LIMIT
    credits: Decimal | None = None


def hash_of(key: str) -> str:
    """Return the hash by which upstream names a key."""
    return sha256(key.encode()).hexdigest()


def paying_key(request: web.Request) -> str:
    """Return the hash of the key that pays for a request."""
    return hash_of(request.headers.get("Authorization", "").partition(" ")[2].strip())


def credits_data(total: Decimal, spent: Decimal) -> Json:
    """Build the response of GET /credits after `spent` USD."""
    return {"total_credits": float(total), "total_usage": float(spent)}


def key_data(key: str, spent: Decimal, today: Decimal, allowed: Allowed) -> Json:
    """Build the response for `key` after `spent` USD, of which `today`."""
    limit = allowed.limit
    usage = float(spent)
    return {
        "label": f"{key[:12]}...{key[-3:]}",
        "usage": usage,
        "usage_daily": float(today),
        "usage_weekly": usage,
        "usage_monthly": usage,
        "byok_usage": 0,
        "byok_usage_daily": 0,
        "byok_usage_weekly": 0,
        "byok_usage_monthly": 0,
        "limit": None if limit is None else float(limit),
        "limit_remaining": None if limit is None else float(limit - spent),
        "limit_reset": "monthly",
        "include_byok_in_limit": False,
        "is_free_tier": False,
        "is_management_key": allowed.credits is not None,
        "is_provisioning_key": False,
        "creator_user_id": None,
        "workspace_id": None,
        "organization_id": None,
        "expires_at": None,
        "allowed_data_regions": ["global"],
        "free_model_daily_requests": {"limit": 1000, "used": 0, "remaining": 1000},
        "budgets": [],
        "effective_budget": None,
        "rate_limit": {"requests": -1, "interval": "10s", "note": "Deprecated and safe to ignore."},
    }
