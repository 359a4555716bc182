"""Keep the requests of one turn within what their model reads.

Before each call the size is bounded from above; only a request that might be too long is estimated, and only one that
is too long is changed. What upstream counted in the round before corrects the estimate. A refusal for length teaches
the limit of the rest of the turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from domain.catalog.prompt_window import Window
from domain.conversation.shortening import moments, shortened_to_fit
from domain.conversation.tokens import most_tokens, tokens_of
from domain.request.lesson import OUTPUT_LIMIT, Lesson
from domain.request.repair import applied
from domain.request.stated_length import StatedLength, stated_length
from domain.tools.known_tool import characters_of_tool
from ports.json_values import JsonObject
from ports.response_events import UpstreamProblem
from ports.responses import ResponsesBody, UpstreamRequest
from ports.usage import Usage

FULL, STEP = 15 / 16, 3 / 16
"""Shares of the prompt's limit: above the first, outputs are shortened by a whole number of the second.

Much at once rather than a little in each round or turn: every change costs the provider's cache of the prompt.
"""
REFUSED_FREED = 1 / 4
"""The share of a refused request that is sent again if upstream states no numbers: there is only one more try."""
SMALLEST_ANSWER = 1_024
"""Tokens of an answer for which it is worth lowering the output limit instead of shortening outputs."""
PER_TOKEN_OF_TOOLS = 3
"""Characters of a tool's definition per token. Source: as for `tokens`, for schemas in JSON."""
MOST_CUTS = 64
"""How often the history of one request is shortened as it grew; what follows is shortened at once."""
LIKELY = (0.5, 1.75)
"""Factors between upstream's count and the estimate; beyond them upstream counted something else, such as the calls of
its own tools in one response."""


Weights = dict[int, tuple[JsonObject, int]]
"""Items by their identity, which lasts as long as they are held here, with their estimated tokens; only added to."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What the requests of a turn may take: the `windows` of its models, by slug.

    `learned`: the tokens that earlier refusals left for their prompts; `factors`: upstream's tokens per estimated one,
    as of earlier turns. `room`: the characters that results of tools may have, None without tools. `fits`: nothing more
    can be done for the first request; `shortened`: how many of its outputs are shortened for it. `weights`: sizes of
    items that are known already.
    """

    windows: Mapping[str, Window] = field(default_factory=dict)
    learned: Mapping[str, int] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    room: int | None = None
    fits: bool = False
    shortened: int = 0
    weights: Weights = field(default_factory=dict, compare=False, repr=False)

    def knows(self, slug: str) -> bool:
        """Return whether anything is known about the prompts of a model, so that outputs give way before a refusal."""
        return slug in self.windows or slug in self.learned


def first_fitted(sending: UpstreamRequest, fit: Fit) -> tuple[UpstreamRequest, Fit]:
    """Fit the first request of a turn. Work in proportion to the history: offload it for a long one."""
    fitted, count = Fitting(fit, sending).first_fitted(sending)
    return fitted, replace(fit, fits=True, shortened=count)


class Fitting:
    """What is known about the size of one turn's requests."""

    def __init__(self, fit: Fit, first: UpstreamRequest) -> None:
        self._windows = fit.windows
        self._fitting = first.body if fit.fits else None
        self._learned = dict(fit.learned)
        self._weights = fit.weights
        self._counted: tuple[ResponsesBody, int] | None = None
        self._compared = False
        self._factor = fit.factors.get(first.body.model, 1.0)  # as of the latest count

    def count(self, sent: UpstreamRequest, usage: Usage | None) -> None:
        """Note what upstream counted for a request."""
        window = self._windows.get(sent.body.model)
        tokens = usage.input_tokens if usage is not None else 0
        most = window.context if window is not None else tokens
        self._counted = (sent.body, tokens) if 0 < tokens <= most else None
        self._compared = False

    def first_fitted(self, sending: UpstreamRequest) -> tuple[UpstreamRequest, int]:
        """Return the first request of a turn as `fitted` does, with a history that is shortened as it grew.

        Each earlier request of the chat is fitted again, one after the other: so what was shortened in an earlier round
        or turn is sent with the same bytes, and not whole again while others make way for it.
        """
        body, limit = sending.body, self._limit(sending.body)
        if limit is None or not self._excess(body, limit):
            return sending, 0
        grown = replace(sending, body=replace(body, input=self._grown(body, limit)))
        fitted, _ = self.fitted(grown)
        return fitted, sum(now is not was for was, now in zip(body.input, fitted.body.input, strict=True))

    def fitted(self, sending: UpstreamRequest) -> tuple[UpstreamRequest, int]:
        """Return what to send so that it fits, and how many outputs are shortened for it."""
        body, limit = sending.body, self._limit(sending.body)
        if body is self._fitting or limit is None:
            return sending, 0
        excess = self._excess(body, limit)
        return self._shortened(sending, ideal=_in_steps(excess, limit), needed=excess) if excess else (sending, 0)

    def mended(
        self, sending: UpstreamRequest, problem: UpstreamProblem, *, teaches: bool = True
    ) -> tuple[UpstreamRequest, int] | None:
        """Return a shorter request after a refusal for its length; None if nothing of it can be shortened.

        Not `teaches`: the limit was one of bytes or of time, and says nothing about other requests.
        """
        body = sending.body
        stated = stated_length(problem, body.model)
        answering = _with_shorter_answer(sending, stated)
        if answering is not None:
            return answering, 0
        self._compare()
        estimate = self._estimate(body)
        size = stated.prompt or estimate * self._factor
        if stated.limit:
            limit = Window(stated.limit, stated.output or None).prompt(body.max_output_tokens)
            size = max(size, 1.1 * limit)
            self._factor, self._counted = max(0.1, size / max(1, estimate)), None
            needed, ideal = size - FULL * limit, _in_steps(size - FULL * limit, limit)
        else:
            limit = round(FULL * size)
            needed, ideal = (1 - FULL + STEP) * size, (1 - REFUSED_FREED) * size
        if teaches:
            self._learned[body.model] = limit
        self._fitting = None
        shorter, count = self._shortened(sending, ideal=ideal, needed=needed)
        return (shorter, count) if count else None

    def learned(self, slug: str) -> int:
        """Return the tokens that the refusals of a model left for its prompts; 0 if there were none."""
        return self._learned.get(slug, 0)

    @property
    def factor(self) -> float:
        """Upstream's tokens per estimated one."""
        return _stepped(self._factor)

    # --- sizes --------------------------------------------------------------------------------------------

    def _limit(self, body: ResponsesBody) -> int | None:
        window, stated = self._windows.get(body.model), self._learned.get(body.model)
        listed = window.prompt(body.max_output_tokens) if window is not None else None
        return min(filter(None, (listed, stated)), default=None)

    def _fits(self, body: ResponsesBody, limit: float) -> bool:
        """Return whether the request is certainly short enough: at most upstream's last count and what is new."""
        if self._counted is not None:
            sent, tokens = self._counted
            if _goes_on(body.input, sent.input):
                return tokens + _bound(body.input[len(sent.input) :]) <= limit
        return _bound(body.input) + _around(body)[0] <= limit

    def _seems_to_fit(self, body: ResponsesBody, limit: float) -> bool:
        """Return whether upstream's last count is short enough with the most that is likely for what is new."""
        if self._counted is None or not _goes_on(body.input, self._counted[0].input):
            return False
        sent, tokens = self._counted
        return tokens + sum(map(self._tokens, body.input[len(sent.input) :])) * LIKELY[1] <= limit

    def _excess(self, body: ResponsesBody, limit: int) -> float:
        """Return by how many tokens, as upstream counts, a request is too long; 0 if it fits."""
        if self._fits(body, FULL * limit) or self._seems_to_fit(body, FULL * limit):
            return 0
        self._compare()
        return max(0.0, self._estimate(body) * self._factor - FULL * limit)

    def _grown(self, body: ResponsesBody, limit: int) -> tuple[JsonObject, ...]:
        """Return the items of a history that grew from request to request, each of which was fitted."""
        around, made, cuts = _around(body)[1], list[JsonObject](), 0
        factor, size = self._factor, around
        for end in moments(body.input):
            size += sum(map(self._tokens, body.input[len(made) : end]))
            made += body.input[len(made) : end]
            excess = size * factor - FULL * limit
            if excess > 0 and cuts < MOST_CUTS:
                ideal = _in_steps(excess, limit) / factor
                items, _ = shortened_to_fit(made, self._tokens, ideal=ideal, needed=excess / factor)
                made, cuts = list(items), cuts + 1
                size = around + sum(map(self._tokens, made))
        return (*made, *body.input[len(made) :])

    def _estimate(self, body: ResponsesBody) -> int:
        return sum(map(self._tokens, body.input)) + _around(body)[1]

    def _tokens(self, item: JsonObject) -> int:
        known = self._weights.get(id(item))
        if known is None:
            known = self._weights[id(item)] = (item, tokens_of(item))
        return known[1]

    def _compare(self) -> None:
        """Correct the estimates by upstream's latest count, once."""
        if self._compared or self._counted is None:
            return
        self._compared = True
        sent, tokens = self._counted
        factor = tokens / max(1, self._estimate(sent))
        if LIKELY[0] <= factor <= LIKELY[1]:
            self._factor = _stepped(factor)

    def _shortened(self, sending: UpstreamRequest, *, ideal: float, needed: float) -> tuple[UpstreamRequest, int]:
        """Shorten outputs; the figures are upstream's tokens."""
        factor = self._factor
        items, count = shortened_to_fit(sending.body.input, self._tokens, ideal=ideal / factor, needed=needed / factor)
        return (replace(sending, body=replace(sending.body, input=items)), count) if count else (sending, 0)


def _in_steps(excess: float, limit: int) -> float:
    """Return how many tokens to save: the same for all sizes in one step, so that a growing chat keeps its cuts."""
    step = max(1.0, STEP * limit)
    return ceil(excess / step) * step


def _stepped(factor: float) -> float:
    """Return a factor in eighths, rounded up: a chat keeps its cuts while the count hardly changes."""
    return max(1, ceil(8 * factor)) / 8


def _goes_on(items: Sequence[JsonObject], sent: Sequence[JsonObject]) -> bool:
    """Return whether items begin with those sent before; compares one of them."""
    return len(items) >= len(sent) > 0 and items[len(sent) - 1] is sent[-1]


def _bound(items: Sequence[JsonObject]) -> int:
    return sum(map(most_tokens, items))


def _around(body: ResponsesBody) -> tuple[int, int]:
    """Return the most tokens that instructions, tools and the form of the answer can have, and an estimate."""
    shapes = filter(None, (body.text, body.deferred_tools))
    try:
        characters = sum(map(characters_of_tool, (*body.tools, *shapes)))
    except (ValueError, RecursionError):
        characters = 0
    texts: JsonObject = {"content": [body.instructions, body.prompt]}
    return characters + most_tokens(texts), characters // PER_TOKEN_OF_TOOLS + tokens_of(texts)


def _with_shorter_answer(sending: UpstreamRequest, stated: StatedLength) -> UpstreamRequest | None:
    """Return the request with a lower output limit if that alone makes it fit; None otherwise."""
    room = stated.limit - stated.prompt - stated.prompt // 64
    current = sending.body.max_output_tokens
    if not (stated.prompt and stated.output) or room < SMALLEST_ANSWER or room >= (current or stated.output):
        return None
    changed = applied(sending, Lesson(OUTPUT_LIMIT, str(room)))
    return changed if changed != sending else None
