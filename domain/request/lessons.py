"""What refusals have taught about models, so that the next request is right at once. Kept for a day, in memory only.

A lesson holds for one person, one address, one key and one model: nobody's requests change those of anybody else. Only
what was ours to choose teaches: a parameter the caller named is repaired in the turn and asked for again in the next.
"""

from collections import Counter, OrderedDict
from contextlib import suppress
from dataclasses import dataclass, fields
from hashlib import sha256

from domain.request.lesson import LOOSE_TOOLS, OF_ONE_TURN, OUTPUT_LIMIT, PROMPT_LIMIT, PROMPT_WEIGHT, Lesson
from domain.request.repair import applied
from domain.request.turn_request import Parameters, TurnRequest
from ports.clock import Clock
from ports.responses import Endpoint, ResponsesBody, Route, UpstreamRequest

LIFE = 24 * 3600.0
"""Seconds after which a lesson is tried again: models and their providers change."""
MODELS_KEPT, MODELS_KEPT_IN_ALL, LESSONS_KEPT = 64, 4096, 16
"""Models of one person and of all, lessons of one model."""
_NO_PARAMETERS = frozenset(
    {"model", "input", "instructions", "stream", "metadata", "user", "session_id", "safety_identifier", "trace"}
)
_OTHER_NAMES = {LOOSE_TOOLS: "tools", OUTPUT_LIMIT: "max_output_tokens", "blank_stop": "stop"}
_ASKED = tuple(field.name for field in fields(Parameters))
_PARAMETERS = tuple(field.name for field in fields(ResponsesBody) if field.name not in _NO_PARAMETERS)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a refused request looked like: a lesson holds where all of `present` is sent to the same endpoint."""

    endpoint: Endpoint
    present: frozenset[str]


def condition_of(sent: UpstreamRequest) -> Condition:
    """Return the endpoint of a request and the names of the parameters in its body."""
    values = ((name, getattr(sent.body, name)) for name in _PARAMETERS)
    return Condition(sent.endpoint, frozenset(name for name, value in values if value not in (None, ())))


@dataclass(frozen=True, slots=True)
class Learner:
    """Who learns: a person by a route. `own`: the parameters they named themselves, by the names of lessons."""

    route: Route
    user_id: str = ""
    own: frozenset[str] = frozenset()


def learner_of(request: TurnRequest) -> Learner:
    """Return who would learn from a request."""
    asked = request.parameters
    own = {name for name in _ASKED if getattr(asked, name) not in (None, (), {})}
    thinking = {"effort": "effort", "max_tokens": "effort", "enabled": "effort", "summary": "summary"}
    named = {lesson for key, lesson in thinking.items() if asked.reasoning.get(key) is not None}
    own = own - {"reasoning", "passed"} | named | set(asked.chat_only) | set(asked.passed)
    own |= {f"image_config.{key}" for key in (*(asked.image_config or {}), *asked.drawing)}
    own |= {f"reasoning.{key}" for key in asked.reasoning} | {f"provider.{key}" for key in asked.provider or {}}
    return Learner(request.route, request.person.user_id, frozenset(own))


def parameters_of(lesson: Lesson) -> frozenset[str]:
    """Return which parameters a lesson changes, by the names a `Learner` has for them."""
    if lesson.what == "parameter":
        field, _, key = lesson.value.partition(".")
        return frozenset({lesson.value, *((field, key) if field in ("plugins", "text") else ())})
    if lesson.what in _OTHER_NAMES:
        return frozenset({_OTHER_NAMES[lesson.what]})
    return frozenset({"effort", "summary"}) if lesson.what == "reasoning" else frozenset({lesson.what})


@dataclass(frozen=True, slots=True)
class _Kept:
    lesson: Lesson
    condition: Condition
    until: float


class Lessons:
    """A bounded memory of lessons by person, route and slug; those longest unused are forgotten first.

    May be asked from other threads while one of them remembers. It holds digests, never a text from outside.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_model: OrderedDict[tuple[bytes, bytes], tuple[_Kept, ...]] = OrderedDict()
        self._models = Counter[bytes]()

    def __bool__(self) -> bool:
        """Return whether there is any; without one, nobody need be identified."""
        return bool(self._by_model)

    def remember(self, learner: Learner, slug: str, lesson: Lesson, condition: Condition) -> bool:
        """Keep a lesson; a newer one of its kind takes the place of the older.

        False if it was not ours to learn, or holds for one turn only.
        """
        if lesson.what in OF_ONE_TURN or parameters_of(lesson) & learner.own:
            return False
        key = _key_of(learner, slug)
        before = self._by_model.pop(key, ())
        others = tuple(known for known in before if not _same(known.lesson, lesson))
        kept = _Kept(lesson, condition, self._clock.monotonic() + LIFE)
        self._by_model[key] = (*others, kept)[-LESSONS_KEPT:]
        self._models[key[0]] += not before
        if self._models[key[0]] > MODELS_KEPT:
            self._forget(next(other for other in tuple(self._by_model) if other[0] == key[0]))
        if len(self._by_model) > MODELS_KEPT_IN_ALL:
            self._forget(next(iter(tuple(self._by_model))))
        return True

    def apply(self, learner: Learner, sending: UpstreamRequest, *, other_endpoint: bool = True) -> UpstreamRequest:
        """Return what to send with everything learned about its model that fits; the caller's own words stay.

        `other_endpoint`: it may also go by the endpoint that was found to work.
        """
        key = _key_of(learner, sending.body.model)
        known = self._by_model.get(key, ())
        if known:
            self._touch(key)
        now = self._clock.monotonic()
        for kept in known:
            lesson = kept.lesson
            if now >= kept.until or parameters_of(lesson) & learner.own or not _holds(kept.condition, sending):
                continue
            if other_endpoint or lesson.what != "endpoint":
                sending = applied(sending, lesson)
        return sending

    def prompt_limit(self, learner: Learner, slug: str) -> int | None:
        """Return how many tokens the prompt of a model may have, if a refusal taught it."""
        value = self._stated(learner, slug, PROMPT_LIMIT)
        return int(value) if value else None

    def prompt_weight(self, learner: Learner, slug: str) -> float | None:
        """Return how many tokens upstream counts per estimated one, if a prompt near its limit taught it."""
        value = self._stated(learner, slug, PROMPT_WEIGHT)
        return float(value) if value else None

    def _stated(self, learner: Learner, slug: str, what: str) -> str:
        now = self._clock.monotonic()
        known = self._by_model.get(_key_of(learner, slug), ())
        return next((kept.lesson.value for kept in known if kept.lesson.what == what and now < kept.until), "")

    def _forget(self, key: tuple[bytes, bytes]) -> None:
        del self._by_model[key]
        self._models[key[0]] -= 1
        if not self._models[key[0]]:
            del self._models[key[0]]

    def _touch(self, key: tuple[bytes, bytes]) -> None:
        with suppress(KeyError):  # forgotten meanwhile
            self._by_model.move_to_end(key)


def _holds(condition: Condition, sending: UpstreamRequest) -> bool:
    now = condition_of(sending)
    return now.endpoint is condition.endpoint and condition.present <= now.present


def _key_of(learner: Learner, slug: str) -> tuple[bytes, bytes]:
    """Return digests of who asks and of what is asked, so that no key lies about."""
    route = learner.route
    return _digest(learner.user_id), _digest(route.base_url.strip().rstrip("/"), route.api_key.strip(), slug)


def _digest(*texts: str) -> bytes:
    return sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()


def _same(one: Lesson, other: Lesson) -> bool:
    return one.kind == other.kind and one.refused == other.refused
