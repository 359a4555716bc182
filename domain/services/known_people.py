"""What is known of people: looked up only for rules that name e-mail addresses or groups, and kept for a minute."""

from collections.abc import Iterable

from domain.budgets.rule import GROUPED, Rule, Scope
from domain.recent import Recent
from domain.services.store_budget import within
from ports.clock import Clock
from ports.people import People, PeopleUnavailable, Profile
from ports.telemetry import Telemetry

KEPT_SECONDS, MOST = 60.0, 5_000
LOOK_SECONDS = 2.0
NOBODY = Profile()


class KnownPeople:
    """The use case; belongs to one event loop. Without `people` nothing is known of anybody.

    If the host cannot be asked, a person has what was known last, else no groups; that is logged once.
    """

    def __init__(self, people: People | None, clock: Clock, telemetry: Telemetry) -> None:
        self._people, self._clock, self._telemetry = people, clock, telemetry
        self._known = Recent[str, tuple[float, Profile]](MOST)
        self._warned = False

    async def profile(self, user_id: str, rules: Iterable[Rule]) -> Profile:
        """Return the profile of a person as far as the rules need one."""
        if self._people is None or not user_id or not any(_needs_profile(rule) for rule in rules):
            return NOBODY
        until, known = self._known.get(user_id, (0.0, NOBODY))
        if self._clock.monotonic() < until:
            return known
        try:
            async with within(self._clock, LOOK_SECONDS):
                known = await self._people.profile(user_id)
            self._warned = False
        except (PeopleUnavailable, TimeoutError) as error:
            self._warn(getattr(error, "reason", "timeout"))
        self._known[user_id] = (self._clock.monotonic() + KEPT_SECONDS, known)
        return known

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            self._telemetry.event("warning", "groups_unknown", reason=reason)


def _needs_profile(rule: Rule) -> bool:
    return rule.scope in GROUPED or (rule.scope is Scope.USER and "@" in rule.who)
