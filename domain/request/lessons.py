"""What refusals have taught about models, so that the next request is right at once. Forgotten with the process.

Another key may be served by other providers, so what was learned holds for one address, one key and one model.
"""

from collections import OrderedDict
from contextlib import suppress
from hashlib import sha256

from domain.request.repair import Lesson, applied
from ports.responses import Route, UpstreamRequest

MODELS_KEPT, LESSONS_KEPT = 1024, 16


class Lessons:
    """A bounded memory of lessons by route and slug; those longest unused are forgotten first.

    May be asked from other threads while one of them remembers.
    """

    def __init__(self) -> None:
        self._by_model: OrderedDict[bytes, tuple[Lesson, ...]] = OrderedDict()

    def remember(self, route: Route, slug: str, lesson: Lesson) -> None:
        """Keep a lesson; a newer one of its kind takes the place of the older."""
        key = _key_of(route, slug)
        others = tuple(known for known in self._by_model.pop(key, ()) if not _same(known, lesson))
        self._by_model[key] = (*others, lesson)[-LESSONS_KEPT:]
        if len(self._by_model) > MODELS_KEPT:
            self._by_model.popitem(last=False)

    def apply(self, route: Route, sending: UpstreamRequest, *, other_endpoint: bool = True) -> UpstreamRequest:
        """Return what to send by `route` with everything learned about its model.

        `other_endpoint`: it may also go by the endpoint that was found to work.
        """
        key = _key_of(route, sending.body.model)
        known = self._by_model.get(key, ())
        if known:
            self._touch(key)
        for lesson in known:
            if other_endpoint or lesson.what != "endpoint":
                sending = applied(sending, lesson)
        return sending

    def _touch(self, key: bytes) -> None:
        with suppress(KeyError):  # forgotten meanwhile
            self._by_model.move_to_end(key)


def _key_of(route: Route, slug: str) -> bytes:
    """Return a digest, so that no key lies about."""
    named = "\0".join((route.base_url.strip().rstrip("/"), route.api_key.strip(), slug))
    return sha256(named.encode("utf-8", "surrogatepass")).digest()


def _same(one: Lesson, other: Lesson) -> bool:
    return one.kind == other.kind and one.refused == other.refused
