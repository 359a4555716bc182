"""What the operator and the person want to see beside the answer."""

from dataclasses import dataclass

from domain.egress.links import EVERY_HTTPS, LinkGate
from entrypoints.openwebui.host_call import Audience


@dataclass(frozen=True, slots=True)
class Wishes:
    """`show_usage`: the last line shows time, cost and tokens; `support`: the contact shown on error cards.

    `references`: the page stores references to what the turn leaves in our store. `hands_over`: the host runs the calls
    handed over to it. `reader`: who reads the answer. `links`: which addresses may be shown.
    """

    show_usage: bool = True
    support: str = ""
    references: bool = True
    reader: Audience = Audience.PERSON
    hands_over: bool = False
    links: LinkGate = EVERY_HTTPS
