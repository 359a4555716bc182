"""What the upstream calls of one turn cost: each attempt is booked exactly once."""

from domain.turn.steps import Record
from domain.usage.accounting import add
from ports.usage import Usage


class Bill:
    """The attempts of one turn, one open at a time.

    `usage` sums what upstream accounted for. `unbilled` counts the characters of calls that upstream had accepted
    and whose bill never came, None if there was no such call. `response_id` and `model` are the newest known.
    `accepted` tells that upstream has answered to the attempt that is open.
    """

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.unbilled: int | None = None
        self.response_id = self.model = ""
        self.answering_model = ""
        self._attempt_id = ""
        self._open = self.accepted = False

    def begin(self) -> None:
        """Open the next attempt; nothing is known of it yet."""
        self._attempt_id = self.answering_model = ""
        self._open, self.accepted = True, False

    def name(self, response_id: str, model: str) -> None:
        """Note which response this is and which model answers, as far as upstream says."""
        self._attempt_id = response_id or self._attempt_id
        self.answering_model = model or self.answering_model
        self.response_id = response_id or self.response_id
        self.model = model or self.model

    def close(self, usage: Usage | None, received: int) -> list[Record]:
        """Book the attempt that is open, if one is: with its bill, else with the characters `received`."""
        if not self._open:
            return []
        self._open = False
        if usage is not None:
            self.usage = usage if self.usage is None else add(self.usage, usage)
        elif self.accepted:
            self.unbilled = received + (self.unbilled or 0)
        return [Record(self._attempt_id, self.answering_model, usage)]
