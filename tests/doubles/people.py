"""People in memory."""

from collections.abc import Collection, Mapping

from ports.people import PeopleUnavailable, Profile


class MemoryPeople:
    """Implements People. While `fails`, it cannot be asked; `asked` counts how often a profile was."""

    def __init__(self, profiles: Mapping[str, Profile] | None = None) -> None:
        self.profiles = dict(profiles or {})
        self.fails, self.asked = False, 0

    async def profile(self, user_id: str) -> Profile:
        self.asked += 1
        if self.fails:
            raise PeopleUnavailable("down")
        return self.profiles.get(user_id, Profile())

    async def unknown(self, users: Collection[str], groups: Collection[str]) -> tuple[str, ...]:
        if self.fails:
            raise PeopleUnavailable("down")
        emails = {profile.email.lower() for profile in self.profiles.values()}
        teams = {group for profile in self.profiles.values() for group in profile.groups}
        strangers = [name for name in users if name not in self.profiles and name.lower() not in emails]
        return (*strangers, *(name for name in groups if name not in teams))
