"""The scenario of each slug, and the slugs that the catalog lists."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from entrypoints.simulator.answers import Answer
from entrypoints.simulator.scenarios import (
    echoes,
    faults,
    guards,
    makers,
    natives,
    orders,
    picky,
    pictures,
    server_tools,
    streams,
)
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.moves import Script
from entrypoints.simulator.scenarios.server_works import FAMILIES

MOST_DELTAS = 2_000_000
LONGEST_WAIT = 3600.0
"""The longest wait in seconds that a slug may set."""

SEVERAL = 3
"""Deltas that are sent before an ending in the middle of an answer."""

Values = dict[str, str | None]
Play = Callable[[Ask, Values], Script | Answer]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario. `pattern` matches the slug without author and variant; `listed` are the slugs in the catalog."""

    pattern: re.Pattern[str]
    play: Play
    listed: tuple[str, ...]
    reasons: bool = False


def _scenario(pattern: str, play: Play, *listed: str, reasons: bool = False) -> Scenario:
    return Scenario(re.compile(pattern), play, listed or (pattern,), reasons)


def _count(text: str | None) -> int:
    return min(int(text or 0), MOST_DELTAS)


def _decimal(text: str) -> float:
    """Parse a number written with `p` as the decimal point, which slugs cannot contain; never returns zero."""
    return max(float(text.replace("p", ".")), 0.001)


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def _deltas(_: Ask, values: Values) -> Script:
    rate = _decimal(values["rate"]) if values["rate"] else None
    frames = max(1, int(values["frames"])) if values["frames"] else None
    return streams.deltas(_count(values["count"]), rate, _count(values["thoughts"]), frames)


def _slow_start(ask: Ask, values: Values) -> Script:
    return streams.slow_start(ask, min(_decimal(values["seconds"] or "0"), LONGEST_WAIT))


def _http_error(ask: Ask, values: Values) -> Script | Answer:
    if values["first"] is not None and ask.attempt > int(values["first"]):
        return echoes.echo(ask)
    wait = _whole(values["after"])
    if values["special"] == "402-inflight":
        return faults.in_flight_budget(ask, wait)
    if values["special"]:
        return _SPECIAL[values["special"]](ask)
    return faults.http_error(ask, int(values["status"] or 500), values["flavour"] or "", wait)


_SPECIAL: dict[str, Callable[[Ask], Answer]] = {
    "429-daily": faults.daily_limit,
    "402-amounts": faults.amounts,
    "403-key-limit": faults.key_limit,
    "401-provider-key": faults.provider_key,
    "429-provider-money": faults.provider_money,
    "400-moderation": faults.moderated_by_provider,
    "404-privacy": faults.privacy,
    "400-length": faults.too_long,
    "400-endpoint": faults.other_endpoint,
}


def _html_error(ask: Ask, values: Values) -> Answer:
    return faults.html_error(ask, int(values["status"] or 502))


def _error_event(_: Ask, values: Values) -> Script:
    shape = values["shape"] or "flat"
    return faults.error_event(shape, 0 if shape == "first" else SEVERAL)


def _foreign_thinking(ask: Ask, values: Values) -> Script | Answer:
    return picky.foreign_thinking(ask, values["maker"] or "", values["way"] or "")


def _plain_history(ask: Ask, values: Values) -> Script | Answer:
    return picky.plain_history(ask, values["maker"] or "", values["way"] or "")


def _server_tool(_: Ask, values: Values) -> Script:
    pause = min(_decimal(values["pause"]), LONGEST_WAIT) if values["pause"] else 0.0
    return server_tools.server_tool(values["family"] or "", values["way"] or "", pause)


def _narrow(ask: Ask, values: Values) -> Script | Answer:
    return picky.narrow(ask, _count(values["most"]), values["maker"] or "", values["way"] or "")


_WAYS = r"(?:-(?P<way>failed|event))?"


def _of_makers(name: str, makers: Iterable[str]) -> tuple[str, ...]:
    """List the slugs of a refusal: each maker's as an HTTP error, the first maker's in all ways."""
    first, *others = makers
    return (*(f"{name}-{first}{way}" for way in ("", "-failed", "-event")), *(f"{name}-{maker}" for maker in others))


_NUMBER = r"\d{1,7}"
_DECIMAL = r"\d{1,6}(?:p\d{1,3})?"
_ERROR = (
    rf"error-(?:(?P<special>402-inflight|{'|'.join(_SPECIAL)})|(?P<status>[45]\d\d)(?:-(?P<flavour>{faults.FLAVOURS}))?)"
    r"(?:-after-(?P<after>\d{1,5}))?(?:-first-(?P<first>\d{1,3}))?"
)
_STATUSES = (400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 429, 500, 502, 503, 504, 524, 529)
_ERRORS_LISTED = (
    *(f"error-{status}" for status in _STATUSES),
    *(f"error-{status}-responses" for status in (400, 401, 404, 429, 500, 503)),
    *("error-502-string", "error-502-typed", "error-502-empty"),
    *("error-429-first-1", "error-502-first-2", "error-429-after-30", "error-429-after-90"),
    *(f"error-{name}" for name in _SPECIAL),
    *("error-402-inflight", "error-402-inflight-after-1-first-1", "error-504-first-1:free"),
)

SCENARIOS = (
    _scenario("echo", lambda ask, _: echoes.echo(ask), "echo", "echo:free"),
    _scenario(
        rf"deltas-(?P<count>{_NUMBER})(?:-rate-(?P<rate>{_DECIMAL})|-frames-(?P<frames>\d{{1,3}}))?"
        rf"(?:-thinking-(?P<thoughts>{_NUMBER}))?",
        _deltas,
        *("deltas-20", "deltas-200", "deltas-2000", "deltas-20000"),
        *("deltas-20000-frames-3", "deltas-200-rate-20", "deltas-200-rate-20-thinking-40", "deltas-200-thinking-50"),
        reasons=True,
    ),
    _scenario("thinking", lambda ask, _: streams.thinking(ask, raw=False), reasons=True),
    _scenario("thinking-raw", lambda ask, _: streams.thinking(ask, raw=True), reasons=True),
    _scenario(rf"slow-start-(?P<seconds>{_DECIMAL})", _slow_start, "slow-start-1p5", "slow-start-10"),
    _scenario(_ERROR, _http_error, *_ERRORS_LISTED),
    _scenario(r"html-(?P<status>[45]\d\d)", _html_error, "html-502"),
    _scenario(rf"cut-(?P<count>{_NUMBER})", lambda _, v: streams.cut(_count(v["count"])), "cut-0", "cut-5"),
    _scenario("reset", lambda _, __: streams.RESET),
    _scenario(
        rf"no-terminal-(?P<count>{_NUMBER})",
        lambda _, v: streams.no_terminal(_count(v["count"])),
        "no-terminal-5",
    ),
    _scenario(
        rf"no-done-(?P<count>{_NUMBER})", lambda _, v: streams.no_done(_count(v["count"])), "no-done-0", "no-done-5"
    ),
    _scenario("empty", lambda ask, _: streams.empty(ask)),
    _scenario("reasoning-only", lambda ask, _: streams.reasoning_only(ask), reasons=True),
    _scenario("refusal", lambda ask, _: streams.refusal(ask)),
    _scenario("length", lambda _, __: faults.incomplete(SEVERAL, filtered=False)),
    _scenario("filter", lambda _, __: faults.incomplete(SEVERAL, filtered=True)),
    _scenario("failed", lambda _, __: faults.failed(SEVERAL)),
    _scenario("failed-first", lambda _, __: faults.failed(0)),
    _scenario(
        r"error-event-(?P<shape>flat|nested|first)",
        _error_event,
        *("error-event-flat", "error-event-nested", "error-event-first"),
    ),
    _scenario("error-frame", lambda _, __: faults.error_event("frame", SEVERAL)),
    _scenario("media", lambda ask, _: pictures.media(ask)),
    _scenario("pictures", lambda ask, _: pictures.pictures(ask)),
    _scenario("big-line", lambda ask, _: streams.big_line(ask)),
    _scenario("drawing", lambda ask, _: streams.drawing(ask)),
    _scenario("garbage", lambda ask, _: streams.garbage(ask)),
    _scenario("only-terminal", lambda ask, _: streams.only_terminal(ask)),
    _scenario("citations", lambda ask, _: streams.citations(ask)),
    _scenario("usage", lambda ask, _: streams.usage(ask), reasons=True),
    _scenario("facts", lambda ask, _: streams.facts(ask), reasons=True),
    _scenario("tool-call", lambda ask, _: echoes.tool_call(ask)),
    _scenario("tools", lambda ask, _: orders.tools(ask)),
    _scenario(
        rf"foreign-thinking-(?P<maker>{'|'.join(makers.THINKING)}){_WAYS}",
        _foreign_thinking,
        *_of_makers("foreign-thinking", makers.THINKING),
        reasons=True,
    ),
    _scenario(
        rf"plain-history-(?P<maker>{'|'.join(makers.ITEMS)}){_WAYS}",
        _plain_history,
        *_of_makers("plain-history", makers.ITEMS),
    ),
    _scenario(rf"context-(?P<context>{_NUMBER})", lambda ask, _: orders.tools(ask), "context-8000", "context-24000"),
    _scenario(
        rf"narrow-(?P<most>{_NUMBER})-(?P<maker>{'|'.join(makers.LENGTHS)}){_WAYS}",
        _narrow,
        *_of_makers("narrow-8000", makers.LENGTHS),
    ),
    _scenario(rf"poor-(?P<most>{_NUMBER})", lambda ask, v: picky.poor(ask, _count(v["most"])), "poor-3919"),
    _scenario("picky-tools", lambda ask, _: picky.picky_tools(ask)),
    _scenario("without-tools", lambda ask, _: picky.without_tools(ask)),
    _scenario("without-system", lambda ask, _: picky.without_system(ask)),
    _scenario("picky-pictures", lambda ask, _: picky.picky_pictures(ask)),
    _scenario("picky-fields", lambda ask, _: picky.picky_fields(ask)),
    _scenario("daily-event", lambda _, __: picky.daily_event()),
    _scenario(
        rf"server-(?P<family>{'|'.join(FAMILIES)})(?:-(?P<way>{'|'.join(server_tools.WAYS)}))?(?:-pause-(?P<pause>{_DECIMAL}))?",
        _server_tool,
        *(f"server-{family}" for family in FAMILIES),
        *(f"server-code-{way}" for way in server_tools.WAYS),
    ),
    _scenario(
        rf"native-(?P<name>{'|'.join(server_tools.NATIVE_CALLS)})",
        lambda _, v: server_tools.native_call(v["name"] or ""),
        *(f"native-{name}" for name in server_tools.NATIVE_CALLS),
    ),
    _scenario(
        "unknown-item(?:-(?P<way>only))?",
        lambda _, v: server_tools.unknown_item(v["way"] or ""),
        *("unknown-item", "unknown-item-only"),
    ),
    _scenario(
        rf"guard-(?P<name>{'|'.join(guards.RAILS)})",
        lambda _, v: guards.guardrail(v["name"] or ""),
        *(f"guard-{name}" for name in guards.RAILS),
    ),
    _scenario(
        rf"guard-(?P<name>{'|'.join(guards.ALIGNMENTS)})",
        lambda _, v: guards.alignment(v["name"] or ""),
        *(f"guard-{name}" for name in guards.ALIGNMENTS),
    ),
    _scenario(
        "guard-armor(?:-(?P<way>only|silent))?",
        lambda _, v: guards.armor(v["way"] or ""),
        *("guard-armor", "guard-armor-only", "guard-armor-silent"),
    ),
    _scenario("native-tools", lambda ask, _: natives.native_tools(ask), reasons=True),
    _scenario("leaked-tools", lambda ask, _: orders.leaked_tools(ask)),
    _scenario("thoughtful-tools", lambda ask, _: orders.thoughtful_tools(ask), reasons=True),
)

AUTHOR = "sim/"


@dataclass(frozen=True, slots=True)
class Casting:
    """A scenario and the parameters from its slug."""

    scenario: Scenario
    values: Values

    def play(self, ask: Ask) -> Script | Answer:
        """Answer one call."""
        return self.scenario.play(ask, self.values)


def casting(slug: str) -> Casting | None:
    """Return the scenario of `sim/name[:variant]`, or None."""
    if not slug.startswith(AUTHOR):
        return None
    name = slug.removeprefix(AUTHOR).partition(":")[0]
    for scenario in SCENARIOS:
        if match := scenario.pattern.fullmatch(name):
            return Casting(scenario, match.groupdict())
    return None


def listed_slugs() -> tuple[str, ...]:
    """List the slugs that the catalog contains."""
    return tuple(AUTHOR + slug for scenario in SCENARIOS for slug in scenario.listed)
