"""A turn that is under way."""

from dataclasses import dataclass, field

from domain.services.assemble_turn import Personal
from domain.services.record_turn import Recording
from domain.services.settle_turn import Settlement
from domain.services.turn_bill import TurnBill
from domain.turn.steps import Ended, Output


@dataclass(frozen=True, slots=True)
class Underway:
    """A turn from the moment it `began` (monotonic seconds): what is settled, the ports of its person, its record and
    its bill.
    """

    settlement: Settlement
    personal: Personal
    recording: Recording
    began: float
    bill: TurnBill = field(default_factory=TurnBill)

    async def leaving(self, output: Output) -> Output:
        """Return an output as its reader gets it: without secrets, and the end with what the turn cost."""
        if isinstance(output, Ended):
            output = Ended(await self.bill.closed(output.end))
        return self.settlement.mask.output(output)
