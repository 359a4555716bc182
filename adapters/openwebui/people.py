"""The host's people: their e-mail addresses and groups."""

from collections.abc import Collection
from importlib import import_module

from adapters.openwebui.host_functions import called, selected, storable
from ports.people import PeopleUnavailable, Profile

GROUPS, USERS = "open_webui.models.groups", "open_webui.models.users"


class OpenWebUiPeople:
    """Implements People inside the host's process, on its event loop."""

    async def profile(self, user_id: str) -> Profile:
        """Ask the host's functions for one person."""
        try:
            user = await called(import_module(USERS).Users.get_user_by_id, user_id)
            groups = await called(import_module(GROUPS).Groups.get_groups_by_member_id, user_id)
        except Exception as error:  # the host's code may raise anything; draw no conclusions from an error
            raise PeopleUnavailable(type(error).__name__) from error
        email = getattr(user, "email", None)
        names = [getattr(group, "name", None) for group in groups or ()]
        return Profile(email if isinstance(email, str) else "", frozenset(str(name) for name in names if name))

    async def unknown(self, users: Collection[str], groups: Collection[str]) -> tuple[str, ...]:
        """Look the names up in the host's tables."""
        try:
            people, teams = import_module(USERS).User.__table__, import_module(GROUPS).Group.__table__
            emails = [name.lower() for name in users if "@" in name]  # the host stores them in lower case
            known: set[object] = set()
            for column, names in ((people.c.id, users), (people.c.email, emails), (teams.c.name, groups)):
                if asked := storable(names):
                    query = column.table.select().with_only_columns(column).where(column.in_(asked))
                    known |= {row[0] for row in await selected(query)}
        except Exception as error:  # the host's code may raise anything; draw no conclusions from an error
            raise PeopleUnavailable(type(error).__name__) from error
        return tuple(name for name in (*users, *groups) if name not in known and name.lower() not in known)
