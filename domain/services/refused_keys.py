"""Keys that upstream refused a moment ago: background tasks do not try them again, people do.

A host asks for a title, tags and more after each answer. With a key that upstream refuses they would all fail, and each
failure would count against the account. A 401 concerns everything that the key is used for; a 403 that is no moderation
concerns the key with one model, because only that model may be forbidden. An answer to anybody ends the pause at once.
"""

from domain.breakers.keys import key_of
from domain.faults.fault import Fault, FaultKind
from domain.limits import REFUSED_KEY_SECONDS
from domain.recent import Recent
from ports.clock import Clock
from ports.responses import Route

MOST = 1_000
"""Refusals that are remembered; the oldest are forgotten."""
UNAUTHORISED, FORBIDDEN = 401, 403


class RefusedKeys:
    """Remembers refusals by hashes of keys. Belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused = Recent[str, tuple[float, Fault]](MOST)

    def note(self, route: Route, model: str, fault: Fault | None) -> None:
        """Note how an attempt to call `model` (its slug) ended; None: upstream answered."""
        if fault is None:
            if self._refused:
                for key in _keys(route, model):
                    self._refused.pop(key, None)
            return
        whole, with_model = _keys(route, model)
        if fault.kind is FaultKind.BAD_KEY and fault.status == UNAUTHORISED:
            self._remember(whole, fault)
        elif fault.kind is FaultKind.FORBIDDEN and fault.status == FORBIDDEN:
            self._remember(with_model, fault)

    def refusal(self, route: Route, model: str) -> Fault | None:
        """Return the fault with which upstream refused this key lately; None if it may be tried."""
        if not self._refused:
            return None
        now = self._clock.monotonic()
        held = (self._refused.get(key) for key in _keys(route, model))
        return next((fault for until, fault in filter(None, held) if now < until), None)

    def _remember(self, key: str, fault: Fault) -> None:
        self._refused[key] = (self._clock.monotonic() + REFUSED_KEY_SECONDS, fault)


def _keys(route: Route, model: str) -> tuple[str, str]:
    where = ("refused", route.base_url.strip(), route.api_key.strip())
    return key_of(*where), key_of(*where, model)
