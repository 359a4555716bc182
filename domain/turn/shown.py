"""What the reader of a turn has got so far, and what people read while they wait."""

from domain.turn.retries import Retries
from domain.turn.steps import ClearTimer, CloseReasoning, Output, ShowCitation, ShowImage, ShowText, Step
from domain.turn.waiting import WAITING, Reassurance
from ports.usage import Timing


class Shown:
    """What was shown of one turn.

    `something`: anything at all, thinking and tools included; nothing is retried after it. `answered`: text or a
    picture; `spoken`: the same since the last round of tools. `since` is when the turn began, `last` when something was
    shown (s, None if nothing was), `thinking` how many seconds the model thought.
    """

    def __init__(self, retries: Retries) -> None:
        self.something = self.answered = self.spoken = False
        self.since: float | None = None
        self.last: float | None = None
        self.thinking = 0.0
        self.reassurance = Reassurance()
        self._retries = retries

    def begin(self, now: float, *, statuses: bool) -> list[Step]:
        """Note when the turn began, and start the lines for a person who waits, if somebody sees them."""
        self.since = now
        return self.reassurance.next(now) if statuses else []

    def show(self, outputs: list[Output], now: float) -> list[Step]:
        """Note what is shown; before the first of it, end the waiting and learn what made the request pass."""
        steps: list[Step] = []
        for output in outputs:
            match output:
                case ShowText():
                    self.last = now
                    self.spoken = self.spoken or not output.text.isspace()
                    self.answered = self.answered or self.spoken
                case CloseReasoning():
                    self.thinking += output.seconds
                case ShowImage():
                    self.last = now
                    self.answered = self.spoken = True
                case ShowCitation():
                    pass
                case _:
                    self.last = now
            if not self.something and not isinstance(output, CloseReasoning):
                self.something = True
                steps += [ClearTimer(WAITING), *self.reassurance.end(), *self._retries.learned()]
            steps.append(output)
        return steps

    def go_on(self, said: list[Output], now: float) -> list[Step]:
        """Note one more piece of text of an answer of which some was shown."""
        if said:
            self.last = now
        return [*said]

    def timing(self, now: float) -> Timing:
        """Return how long the turn took until `now`, one that never began nothing."""
        since = now if self.since is None else self.since
        writing = self.last - since if self.last is not None else 0.0
        return Timing(max(0.0, now - since), max(0.0, writing), self.thinking)
