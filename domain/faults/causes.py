"""The exact cause of a fault where we judged it ourselves, as values; entrypoints put them into words."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.budgets.rule import Period
from domain.catalog.offer import Objection
from domain.egress.base_url import AddressFlaw
from ports.budgets import Unit


@dataclass(frozen=True, slots=True)
class ModelFiltered:
    """The model `slug` is rejected by these filters of the operator."""

    slug: str
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class AddressRefused:
    """The upstream address is rejected; `host` is the host it names, empty if none."""

    flaw: AddressFlaw
    host: str = ""


class AddressAnswer(Enum):
    """What answers at the upstream address, where it is not the API."""

    REDIRECT = "redirect"
    WEB_PAGE = "web_page"
    NOT_FOUND = "no_such_path"


class KeyFlaw(Enum):
    """Why a key cannot be sent at all."""

    CHARACTERS = "characters_no_key_has"
    UNREADABLE = "own_key_unreadable"
    """A person's own key is stored, but cannot be decrypted or read."""


class MessagesFlaw(Enum):
    """Why the messages cannot be sent to a model."""

    NONE = "no_messages"
    NOTHING_TO_SEND = "nothing_to_send"


@dataclass(frozen=True, slots=True)
class NoEvent:
    """Upstream sent nothing for `seconds`."""

    seconds: float


class Received(Enum):
    """What a person has of an answer whose connection broke."""

    NOTHING = "nothing_received"


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """The requests or tokens of one day are used up; the limit `ends` at this time (aware), None if unknown."""

    ends: datetime | None = None


class Guard(Enum):
    """The guard of upstream that blocked a request or an answer.

    ARMOR withholds calls of tools. ALIGNMENT withholds answers that break a rule of the request; UNCHECKED: it could
    not check one. The others are guardrails of the account.
    """

    ARMOR = "armor"
    ALIGNMENT = "alignment"
    UNCHECKED = "alignment_unavailable"
    PROMPT_INJECTION = "prompt_injection"
    SENSITIVE_INFO = "sensitive_info"
    GUARDRAIL = "guardrail"


class Budget(Enum):
    """A limit of spending in the OpenRouter account that is used up, though the account may have credits."""

    KEY = "budget_of_the_key"
    WORKSPACE = "budget_of_the_workspace"


class AtProvider(Enum):
    """What OpenRouter's request lacks at the provider of the model; other providers and models may answer."""

    KEY = "key_at_the_provider"
    """The provider did not accept the key that the OpenRouter account has for it (BYOK)."""
    MONEY = "credits_at_the_provider"


class NoneLeft(Enum):
    """What excludes every provider of a model."""

    PRIVACY = "privacy_policy"


class RefusedPart(Enum):
    """The part of a request that upstream refused as invalid."""

    TOOLS = "tools"
    PICTURES = "pictures"
    FILES = "files"
    OUTPUT_LIMIT = "output_limit"
    REASONING = "reasoning"


class DrawingFlaw(Enum):
    """Why a model that only draws cannot serve a request."""

    WRITES_NOTHING = "model_only_draws"
    NO_PRIVACY = "privacy_cannot_be_asked_for"


class AskedFor(Enum):
    """What upstream does not give, although without it the answer would be wrong for whoever asked."""

    SEVERAL_ANSWERS = "several_answers"


@dataclass(frozen=True, slots=True)
class TooManyTools:
    """The request has `count` tools; the model takes `most`."""

    count: int
    most: int


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """The budget `name` is spent: `limit` in whole numbers of `unit` (`ports/budgets`) per `period`; it `ends` then."""

    name: str
    unit: Unit
    limit: int
    period: Period
    ends: datetime


@dataclass(frozen=True, slots=True)
class TooFast:
    """The person has used up the `limit` of requests or tokens per minute."""

    unit: Unit
    limit: int


Cause = (
    ModelFiltered
    | AddressRefused
    | AddressAnswer
    | KeyFlaw
    | MessagesFlaw
    | NoEvent
    | Received
    | DailyLimit
    | Guard
    | Budget
    | AtProvider
    | NoneLeft
    | RefusedPart
    | TooManyTools
    | DrawingFlaw
    | AskedFor
    | BudgetSpent
    | TooFast
)


def cause_name(cause: Cause) -> str:
    """Return a cause for the log: a stable word and its value."""
    match cause:
        case ModelFiltered(slug, objections):
            return f"{slug}: {','.join(objection.value for objection in objections)}"
        case AddressRefused(flaw, host):
            return f"{flaw.value}: {host}" if host else flaw.value
        case AddressAnswer() | KeyFlaw() | MessagesFlaw() | Guard() | RefusedPart() | DrawingFlaw() | Received():
            return str(cause.value)
        case Budget() | NoneLeft() | AtProvider() | AskedFor():
            return str(cause.value)
        case NoEvent(seconds):
            return f"no_event: {seconds:g}"
        case DailyLimit(ends):
            return f"daily_limit: {ends:%Y-%m-%dT%H:%MZ}" if ends is not None else "daily_limit"
        case BudgetSpent(name, unit, _, period, ends):
            return f"{name}: {unit.value} per {period.value}, until {ends:%Y-%m-%dT%H:%MZ}"
        case TooFast(unit, limit):
            return f"own_pace: {limit} {unit.value}"
        case TooManyTools(count, most):
            return f"too_many_tools: {count} of {most}"
