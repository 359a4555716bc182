"""How makers of models name a failure where they give no HTTP status: their own kinds, and their words.

Sources: the error references of OpenAI, Anthropic, Google, Amazon Bedrock, Azure, xAI, Mistral, Moonshot, Z.AI,
MiniMax, Alibaba, DeepSeek and Groq; public reports of their users.
"""

import re

from ports.response_events import UpstreamProblem

WRAPPING = frozenset({500, 502})
"""The statuses in which OpenRouter wraps what a provider refused, in a stream."""
STATUS_OF_KIND = {
    "authentication": 401,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "payment_required": 402,
    "billing_error": 402,
    "permission_denied": 403,
    "permission_error": 403,
    "accessdeniedexception": 403,
    "not_found": 404,
    "not_found_error": 404,
    "resourcenotfoundexception": 404,
    "payload_too_large": 413,
    "request_too_large": 413,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "rate_limit_reached_error": 429,
    "usage_limit_reached": 429,
    "too_many_requests": 429,
    "insufficient_quota": 429,
    "exceeded_current_quota_error": 429,
    "resource_exhausted": 429,
    "throttlingexception": 429,
    "capacity_exhausted": 429,
    "server": 500,
    "server_error": 500,
    "api_error": 500,
    "internal": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "internalserverexception": 500,
    "unmapped": 500,
    "provider_unavailable": 502,
    "provider_overloaded": 503,
    "engine_overloaded_error": 503,
    "server_is_overloaded": 503,
    "slow_down": 503,
    "temporarily_unavailable": 503,
    "unavailable": 503,
    "service_unavailable": 503,
    "serviceunavailableexception": 503,
    "overloaded_error": 529,
    "timeout": 504,
    "timeout_error": 504,
    "deadline_exceeded": 504,
    "modeltimeoutexception": 504,
    "invalid_request": 400,
    "invalid_request_error": 400,
    "bad_request_error": 400,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "validationexception": 400,
    "invalid_prompt": 400,
    "model_not_found": 400,
    "content_policy_violation": 403,
    "image_content_policy_violation": 403,
    "refusal": 403,
    "misalignment_policy_violation": 403,
    "region_restricted": 403,
    "privacy_restricted": 404,
}
"""The status that a kind stands for, by its name in lower case; any other name is a failure of unknown kind."""

_MODERATION_KINDS = frozenset(
    {
        *("content_policy_violation", "image_content_policy_violation", "refusal", "misalignment_policy_violation"),
        *("bio_policy", "cyber_policy", "content_filter", "moderation_blocked", "content_blocked"),
        *("data_inspection_failed", "datainspectionfailed", "responsibleaipolicyviolation"),
        *("safety", "prohibited_content", "blocklist", "spii", "recitation", "model_armor"),
        *("image_safety", "image_prohibited_content", "image_recitation"),
    }
)
_MODERATION_STATUSES = frozenset({None, 400, 403, 422, 451}) | WRAPPING
_MODERATION = re.compile(
    r"content exists risk|inappropriate content|considered high risk|prohibited[_ ]content"
    r"|violat\w+ (?:\w+ )?(?:usage|content|community) (?:guidelines|polic(?:y|ies)|standards)"
    r"|content management policy|responsible ai practices|datainspectionfailed|safety_check_type"
    r"|(?:unsafe|sensitive) (?:content|words)|unsafe or sensitive|\bnew_sensitive\b"
    r"|\b(?:block|reject)\w*\b.{0,60}\b(?:content filter|safety system|moderation)"
    r"|\b(?:content filter\w*|safety (?:system|filter)s?|moderation)\b.{0,40}\b(?:block|reject|refus|flagg)"
    r"|limited access to this content for safety|input was flagged"
)

_MODEL_STATUSES = frozenset({None, 400, 404, 410})
_OF_MODEL = r"\bmodels?\b(?:[^.]|\.(?! )){0,80}?\b"
"""What follows is said of a model, within one sentence."""
_MODEL_GONE = re.compile(
    r"is not a valid model id|\bwas a stealth model\b|^model: [\w./:-]+$"
    rf"|{_OF_MODEL}(?:has|have) been (?:deprecated|decommissioned|retired|removed|discontinued|shut down)"
    rf"|{_OF_MODEL}(?:is|are) (?:no longer (?:available|supported|offered)|unavailable for free)"
    rf"|{_OF_MODEL}(?:does not exist|is not found for api version)"
)
_OF_A_PART = re.compile(r"no longer supports?\b|\bparameter|\bfield\b|\b(?:for|on|by|with|in|of) (?:this|the) model\b")
"""What is gone is something that was asked of the model."""

_OWN_FAILURES = frozenset({"tool_use_failed", "output_parse_failed", "json_validate_failed"})
_OWN_FAILURE = re.compile(
    r"failed to call a function|model called a tool|attempted to call tool .{0,80}not in request"
    r"|model generated output that could not be parsed|unexpected tokens remaining in message header"
)
_OWN_FAILURE_STATUSES = frozenset({None, 400, 422})

_MONEY_CODES = frozenset(
    {
        *("insufficient_quota", "exceeded_current_quota_error", "billing_hard_limit_reached", "billing_error"),
        *("arrearage", "insufficient_balance"),
    }
)
_MONEY = re.compile(
    r"insufficient (?:balance|credit|fund)|balance is too low|\brecharge\b|good standing|\barrear|unpaid"
    r"|purchase (?:more )?credits|have any credits|out of credits|not enough (?:credit|balance)"
    r"|account\b.{0,60}\b(?:suspended|deactivated)|\u4f59\u989d\u4e0d\u8db3|\u6b20\u8d39"
)
_MONEY_STATUSES = frozenset({None, 400, 402, 403, 412, 429})
_OF_TIME = re.compile(r"per[ -](?:min|hour|day|second)|allocat|quota metric|quota exceeded for|retry in|try again in")
"""What the same kinds say of a limit that ends by itself."""
_OF_OPENROUTER = re.compile(r"openrouter\.ai/|only afford")
_KEY = re.compile(r"api[ -]?key (?:is )?(?:not valid|invalid|expired)|(?:invalid|incorrect|expired) (?:x-)?api[ -]?key")
_KEY_STATUSES = frozenset({400, 401, 403})


def kind_status(problem: UpstreamProblem) -> int | None:
    """Return the HTTP status of a problem: the stated one, else that of its kind; None if it is not known."""
    if problem.status is not None:
        return problem.status
    return next((STATUS_OF_KIND[name] for name in names_of(problem) if name in STATUS_OF_KIND), None)


def names_of(problem: UpstreamProblem) -> tuple[str, ...]:
    """Return the names that a problem gives its kind, in lower case: upstream's, and the provider's own inside."""
    return problem.kind.lower(), problem.quoted.code.lower()


def is_moderation(problem: UpstreamProblem, status: int | None) -> bool:
    """Return whether the provider refused the content."""
    if not _MODERATION_KINDS.isdisjoint(names_of(problem)):
        return True
    return status in _MODERATION_STATUSES and _MODERATION.search(_said(problem)) is not None


def is_model_gone(problem: UpstreamProblem, status: int | None) -> bool:
    """Return whether the model does not exist, or no longer."""
    if "model_not_found" in names_of(problem):
        return True
    said = problem.text.lower()
    return status in _MODEL_STATUSES and _MODEL_GONE.search(said) is not None and not _OF_A_PART.search(said)


def failed_by_itself(problem: UpstreamProblem, status: int | None) -> bool:
    """Return whether the model wrote what its provider cannot read, such as a broken call: no request is to blame."""
    if not _OWN_FAILURES.isdisjoint(names_of(problem)):
        return True
    return status in _OWN_FAILURE_STATUSES and _OWN_FAILURE.search(_said(problem)) is not None


def lacks_money(problem: UpstreamProblem, status: int | None) -> bool:
    """Return whether the account at the provider, not the one at OpenRouter, has nothing left."""
    said = _said(problem)
    ours = problem.limit_source.startswith("openrouter") or _OF_OPENROUTER.search(said)
    if status not in _MONEY_STATUSES or ours or _OF_TIME.search(said):
        return False
    if not _MONEY_CODES.isdisjoint(names_of(problem)):
        return True
    return _is_quoted(problem) and (status == 402 or _MONEY.search(said) is not None)


def lacks_key(problem: UpstreamProblem, status: int | None) -> bool:
    """Return whether the provider did not accept the key it got from OpenRouter: a key of the account's own (BYOK)."""
    if status not in _KEY_STATUSES or not _is_quoted(problem):
        return False
    return status == 401 or _KEY.search(_said(problem)) is not None


def _is_quoted(problem: UpstreamProblem) -> bool:
    """Return whether OpenRouter repeats what a provider said."""
    return bool(problem.provider or problem.details.raw.provider)


def _said(problem: UpstreamProblem) -> str:
    return f"{problem.text} {problem.quoted.text}".lower()
