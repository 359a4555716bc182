"""What the reader of a turn has seen so far, and the statuses shown while waiting."""

from collections.abc import Sequence

from domain.turn.retries import Retries
from domain.turn.statuses import Status
from domain.turn.steps import (
    ClearTimer,
    CloseReasoning,
    Output,
    ShowCitation,
    ShowImage,
    ShowLogprobs,
    ShowStatus,
    ShowText,
    Step,
)
from domain.turn.waiting import WAITING, Reassurance
from ports.responses import Endpoint
from ports.usage import Timing


class Shown:
    """What was shown of one turn.

    `something`: any output, including reasoning and tools; `in_round`: the same since the last round of tools, after
    which nothing is retried. `answered`: text or an image; `spoken`: the same since the last round of tools. `since` is
    when the turn began, `first` and `last` when something was first and last shown (s; None before the first output),
    `thinking` how many seconds the model reasoned.
    """

    def __init__(self, retries: Retries) -> None:
        self.something = self.in_round = self.answered = self.spoken = False
        self.since: float | None = None
        self.first: float | None = None
        self.last: float | None = None
        self.thinking = 0.0
        self.reassurance = Reassurance(drawing=retries.sending.endpoint is Endpoint.IMAGES)
        self._retries = retries

    def begin(self, now: float, *, statuses: bool, notes: Sequence[Status] = ()) -> list[Step]:
        """Note when the turn began; show the notes and start the status lines if a person sees them."""
        self.since = now
        return [*self.reassurance.note(notes), *self.reassurance.next(now)] if statuses else []

    def show(self, outputs: list[Output], now: float) -> list[Step]:
        """Note what is shown. The first output ends the waiting and confirms the changes made to the request."""
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
                case ShowCitation() | ShowLogprobs():
                    pass
                case ShowStatus():
                    steps.append(output)
                    continue
                case _:
                    self.last = now
            if not self.in_round and not isinstance(output, CloseReasoning):
                steps += [*([] if self.something else [ClearTimer(WAITING)]), *self.reassurance.end()]
                steps += self._retries.learned()
                self.began(now)
                self.in_round = True
            steps.append(output)
        return steps

    def began(self, now: float) -> None:
        """Note that something was shown."""
        if not self.something:
            self.something, self.first = True, now

    def next_round(self) -> None:
        """Begin another round: nothing of it was shown yet."""
        self.spoken = self.in_round = False

    def timing(self, now: float) -> Timing:
        """Return how long the turn took until `now`; zero for a turn that never began."""
        since = now if self.since is None else self.since
        writing = self.last - since if self.last is not None else 0.0
        first = None if self.first is None else max(0.0, self.first - since)
        return Timing(max(0.0, now - since), max(0.0, writing), self.thinking, first)
