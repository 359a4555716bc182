"""What the host knows of the people who use it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's e-mail address and the names of their groups; empty where unknown."""

    email: str = ""
    groups: frozenset[str] = frozenset()


class PeopleUnavailable(Exception):
    """The host cannot be asked now. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"people: {reason}")
        self.reason = reason


@runtime_checkable
class People(Protocol):
    """Looks people up. Safe to use from many tasks of one event loop. Every method raises PeopleUnavailable."""

    async def profile(self, user_id: str) -> Profile:
        """Return what is known of a person; of an unknown one, nothing."""
        ...

    async def unknown(self, users: Collection[str], groups: Collection[str]) -> tuple[str, ...]:
        """Return those ids or e-mail addresses of people, and names of groups, that the host does not know."""
        ...
