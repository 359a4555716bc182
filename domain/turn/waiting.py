"""When a waiting person sees a status, until the first output arrives."""

from collections.abc import Iterable

from domain.turn.statuses import AnswerBegins, Status, StillWaiting
from domain.turn.steps import SetTimer, ShowStatus, Step

WAITING = "waiting"
PAUSES = (0.3, 1.2, 2.5, 2.0, 1.0)
"""Seconds before each status. A quick answer needs none, so the first pause is silent."""


class Reassurance:
    """The waiting statuses of one turn, each shown once. `drawing`: the model only draws."""

    def __init__(self, *, drawing: bool = False) -> None:
        self._drawing = drawing
        self._stage = 0
        self._said = False
        self._quiet_until = float("-inf")
        self._notes: tuple[Status, ...] = ()

    def note(self, notes: Iterable[Status]) -> list[Step]:
        """Show statuses that the person shall read; they are shown once more after others when the answer begins."""
        new = tuple(notes)
        self._notes += new
        return [*map(ShowStatus, new)]

    def say(self, status: Status) -> Step:
        """Show another status in between."""
        self._said = True
        return ShowStatus(status)

    def saying(self, steps: list[Step], until: float) -> list[Step]:
        """Note that some of these steps show a status; it reports a wait `until` then, and no other replaces it."""
        if any(isinstance(step, ShowStatus) for step in steps):
            self._said, self._quiet_until = True, until
        return steps

    def end(self) -> list[Step]:
        """Remove the status line when the answer begins, if one shows that is no note; the notes take its place."""
        said, self._said = self._said, False
        return [ShowStatus(AnswerBegins()), *map(ShowStatus, self._notes)] if said else []

    def next(self, now: float) -> list[Step]:
        """Show the next status and set the timer for the one after it; nothing once all were shown."""
        if self._stage > len(PAUSES):
            return []
        if now < self._quiet_until:
            return [SetTimer(WAITING, self._quiet_until)]
        stage, self._stage = self._stage, self._stage + 1
        steps: list[Step] = [self.say(StillWaiting(stage, self._drawing))] if stage else []
        return [*steps, SetTimer(WAITING, now + PAUSES[stage])] if stage < len(PAUSES) else steps
