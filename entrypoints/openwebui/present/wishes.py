"""What the operator and the person want to see beside the answer."""

from dataclasses import dataclass

from domain.egress.links import EVERY_HTTPS, LinkGate


@dataclass(frozen=True, slots=True)
class Wishes:
    """`show_usage`: the final line tells time, cost, tokens; `support`: whom to ask, shown on cards.

    `references`: what the page stores leads back to what the turn leaves in our own store. `hands_over`: the
    host runs calls it is handed. `links`: which addresses may be shown.
    """

    show_usage: bool = True
    support: str = ""
    references: bool = True
    hands_over: bool = False
    links: LinkGate = EVERY_HTTPS
