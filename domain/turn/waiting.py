"""What a waiting person reads until the first word arrives."""

from domain.faults.fault import Fault
from domain.turn.steps import SetTimer, ShowStatus, Step

WAITING = "waiting"
LINES: tuple[tuple[str, float], ...] = (
    ("", 0.3),
    ("Thinking\u2026", 1.2),
    ("Still thinking\u2026", 2.5),
    ("Working on a good answer\u2026", 2.0),
    ("This one takes a moment\u2026", 1.0),
    ("Still here, waiting for the model\u2026", 0.0),
)
"""Text, and seconds until the next one. A quick answer needs no word before it: the first line is silence."""

FOR_A_PLACE = "Waiting for a free place\u2026"


def again(fault: Fault, wait: float, attempt: int) -> str:
    """Say that attempt number `attempt` follows in `wait` seconds, and why."""
    return f"{fault.happened} Trying again in {max(1, round(wait))} s (attempt {attempt})\u2026"


class Reassurance:
    """The lines of one turn, each said once."""

    def __init__(self) -> None:
        self._stage = 0
        self._said = False

    def say(self, text: str) -> Step:
        """Say something else meanwhile."""
        self._said = True
        return ShowStatus(text)

    def saying(self, steps: list[Step]) -> list[Step]:
        """Note that some of these steps say something."""
        self._said = self._said or any(isinstance(step, ShowStatus) for step in steps)
        return steps

    def end(self) -> list[Step]:
        """Take the line away once the answer begins: an empty status, and only if anything was said."""
        return [ShowStatus("", done=True)] if self._said else []

    def next(self, now: float) -> list[Step]:
        """Say the next line and set the timer for the one after it; nothing once all were said."""
        if self._stage >= len(LINES):
            return []
        text, wait = LINES[self._stage]
        self._stage += 1
        steps: list[Step] = [self.say(text)] if text else []
        return [*steps, SetTimer(WAITING, now + wait)] if self._stage < len(LINES) else steps
