"""Media that are not sent, as values: which, and why. Both the person and the model read it."""

from dataclasses import dataclass
from enum import Enum

from domain.conversation.media_kinds import Medium


class Flaw(Enum):
    """Why a medium is not sent."""

    NOT_TAKEN = "not_taken"
    """The model has no such modality."""
    TOO_MANY = "too_many"
    """A picture: enough newer ones are sent."""
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    DAMAGED = "damaged"
    """Its base64 is wrong, or the end is missing."""
    WRONG_KIND = "wrong_kind"
    """Models read other kinds of the medium."""
    WEB_PAGE = "web_page"
    """A page came in its place."""
    NOT_FOUND = "not_found"
    """The host has no such file, or the person may not read it; nobody learns which."""
    UNREADABLE = "unreadable"
    """The host's storage failed, or took too long."""
    NOT_DOWNLOADED = "not_downloaded"
    NOT_ALLOWED = "not_allowed"
    """Its address may not be opened."""
    REFUSED = "refused"
    """Upstream refused it when it was sent."""
    NO_SOURCE = "no_source"
    """It names nothing that could be sent."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A medium that is not sent; `name` may be empty, and is foreign text."""

    medium: Medium
    flaw: Flaw
    name: str = ""
