"""What refusals have taught about models, so that the next request is right at once. Forgotten with the process."""

from collections import OrderedDict

from domain.request.repair import Lesson, Sending, applied

MODELS_KEPT, LESSONS_KEPT = 256, 16


class Lessons:
    """A bounded memory of lessons by slug; the models longest unused are forgotten first."""

    def __init__(self) -> None:
        self._by_model: OrderedDict[str, tuple[Lesson, ...]] = OrderedDict()

    def remember(self, slug: str, lesson: Lesson) -> None:
        """Keep a lesson; a newer one of its kind takes the place of the older."""
        others = tuple(known for known in self._by_model.get(slug, ()) if not _same(known, lesson))
        self._by_model[slug] = (*others, lesson)[-LESSONS_KEPT:]
        self._by_model.move_to_end(slug)
        if len(self._by_model) > MODELS_KEPT:
            self._by_model.popitem(last=False)

    def apply(self, sending: Sending, *, other_endpoint: bool = True) -> Sending:
        """Return what to send with everything learned about its model.

        `other_endpoint`: it may also go by the endpoint that was found to work.
        """
        slug = sending.body.model
        if slug in self._by_model:
            self._by_model.move_to_end(slug)
        for lesson in self._by_model.get(slug, ()):
            if other_endpoint or lesson.what != "endpoint":
                sending = applied(sending, lesson)
        return sending


def _same(one: Lesson, other: Lesson) -> bool:
    return one.kind == other.kind and one.refused == other.refused
