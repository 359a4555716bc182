"""Repairs of parameters: the one a refusal names first is left out; of two that exclude each other, the second.

A limit of output tokens is lowered to the number upstream states. Of a field with keys only the refused key is left
out, of the plugins only the refused one; those that protect stay, and without its limit of cost no tool of upstream
runs. Names are those of all known providers (`spellings`).
"""

import re
from dataclasses import replace

from domain.request.lesson import BALANCE, BLANK_STOP, OUTPUT_LIMIT, WITHOUT_TOOLS, Lesson
from domain.request.plugin_shapes import GUARDS
from domain.request.reasoning import ENCRYPTED
from domain.request.refusal import Refusal
from domain.request.sampling import SMALLEST_OUTPUT
from domain.request.server_limits import MOST_COST, is_server_tool
from domain.request.spellings import CHAT_SPELLINGS, KEY_SPELLINGS, PLUGIN_AT, PLUGINS, SPELLINGS
from domain.tools.surplus import name_of
from ports.responses import ResponsesBody, UpstreamRequest

_REFUSED = re.compile(
    r"support|unknown|not allowed|deprecated|unrecogni[sz]ed|unexpected|not permitted|forbidden|invalid|must|cannot"
    r"|may not|can not|unavailable|accept|out of range|too (?:large|long|many|high|low|big|small)|exclusive|exceed"
    r"|not enabled|not implemented|incompatible|not compatible|at most|greater|less than|between"
    r"|no longer|removed|obsolete|not available|disallowed|illegal|conflict|extra|wrong|blank|empty|whitespace|disabled"
    r"|maximum|minimum|limited to|\d [<>]=? \d|\bonly\b"
)
_BOTH = re.compile(
    r"\bboth\b|mutually exclusive|\bonly one\b|\beither\b.{0,80}\bor\b.{0,80}\bnot\b|at the same time|together with"
    r"|\bnot (?:be )?(?:used|specified|set|combined|allowed|supported) (?:together|with|alongside)"
    r"|cannot be (?:used|combined|set) with"
    r"|simultaneously|conflicts? with|exclude each other|in combination"
)
_BLANK = re.compile(r"whitespace|white space|blank|empty|only spaces|newlines?|non-white")
_AFFORD = re.compile(r"(?:can|could) only afford (\d[\d,_.]{0,12})")
_NUMBER = re.compile(r"(?<![\w.-])\d[\d,_]{0,11}(?![\w-])")


def parameter_repairs(refusal: Refusal, body: ResponsesBody) -> list[tuple[int, Lesson]]:
    """Return the repairs of named parameters, each with the place at which the refusal names it."""
    if not (_REFUSED.search(refusal.text) or refusal.param):
        return []
    named = [(at, name) for name in _sent(body) if (at := refusal.position(_spelling(name))) is not None]
    named = sorted([*named, *_plugins(refusal, body)])
    if len(named) > 1 and _BOTH.search(refusal.text):
        loser = _loser(_by_place(refusal, body) or [name for _, name in named])
        return [(named[0][0], Lesson("parameter", loser))]
    return [(at, lesson) for at, name in named for lesson in _lessons(refusal, name, body)]


def balance_repair(refusal: Refusal, body: ResponsesBody) -> list[Lesson]:
    """Return the output limit that the balance affords, if upstream states it and an answer fits."""
    found = _AFFORD.search(refusal.text)
    most = int(re.sub(r"\D", "", found[1].rstrip(".,"))) if found is not None else 0
    current = body.max_output_tokens
    fits = most >= SMALLEST_OUTPUT and (current is None or most < current)
    return [Lesson(BALANCE, str(most))] if fits else []


def with_repaired_parameter(sent: UpstreamRequest, lesson: Lesson) -> UpstreamRequest:
    """Return the request without a parameter or with a lower limit; the same object if that changes nothing."""
    body = sent.body
    if lesson.what in (BALANCE, OUTPUT_LIMIT):
        return replace(sent, body=_limited(body, int(lesson.value)))
    if lesson.what == BLANK_STOP:
        kept = tuple(stop for stop in body.stop if stop.strip())
        return sent if kept == body.stop else replace(sent, body=replace(body, stop=kept))
    if lesson.value in CHAT_SPELLINGS:
        others = {name: value for name, value in (body.chat_only or {}).items() if name != lesson.value}
        return replace(sent, body=replace(body, chat_only=others or None))
    changed = _without(body, lesson.value)
    return sent if changed == body else replace(sent, body=changed)


def _without(body: ResponsesBody, path: str) -> ResponsesBody:
    """Return the body without a field, a key of a field, or a plugin."""
    name, _, key = path.partition(".")
    if name == "plugins":
        return replace(body, plugins=tuple(one for one in body.plugins if not _is_meant(one["id"], key)))
    if path in KEY_SPELLINGS:
        kept = {other: value for other, value in (getattr(body, name) or {}).items() if other != key}
        return replace(body, **{name: kept or None})  # type: ignore[arg-type]
    if name == "include":
        return replace(body, include=tuple(one for one in body.include if one == ENCRYPTED))
    if path not in SPELLINGS:
        return body
    return replace(body, **{name: () if isinstance(getattr(body, name), tuple) else None})  # type: ignore[arg-type]


def _is_meant(plugin: str, named: str) -> bool:
    """Return whether a plugin is left out: the named one, or any if none is named; never one that protects."""
    return named in ("", plugin) and plugin not in GUARDS


def _plugins(refusal: Refusal, body: ResponsesBody) -> list[tuple[int, str]]:
    """Return the plugins that a refusal names, by id or place; all of them if it names only their field."""
    at = refusal.position(PLUGINS)
    ids = [str(one["id"]) for one in body.plugins]
    if at is None or not ids:
        return []
    said = f"{refusal.param} {refusal.text}"
    places = {int(place) for place in PLUGIN_AT.findall(said)}
    found = [name for place, name in enumerate(ids) if place in places or re.search(_mention(name), said)]
    named = [f"plugins.{name}" for name in found] or ["plugins"]
    return [(at, name) for name in named]


def _mention(plugin: str) -> str:
    """Return the pattern of a plugin's id beside the word "plugin"."""
    return rf"\bplugins?(?: id| named)?[:.]? ?{re.escape(plugin)}(?![\w-])|(?<![\w-]){re.escape(plugin)} plugin\b"


def _sent(body: ResponsesBody) -> list[str]:
    named = [name for name in SPELLINGS if getattr(body, name) not in (None, (), (ENCRYPTED,))]
    keys = [(path, *path.split(".")) for path in KEY_SPELLINGS]
    named += [path for path, name, key in keys if key in (getattr(body, name) or {})]
    return [*named, *(name for name in CHAT_SPELLINGS if name in (body.chat_only or {}))]


def _spelling(name: str) -> re.Pattern[str]:
    return SPELLINGS.get(name) or KEY_SPELLINGS.get(name) or CHAT_SPELLINGS[name]


def _by_place(refusal: Refusal, body: ResponsesBody) -> list[str]:
    """Return the parameters in the order in which the text names them."""
    found = [(match.start(), name) for name in _sent(body) if (match := _spelling(name).search(refusal.text))]
    return [name for _, name in sorted(found)]


def _loser(names: list[str]) -> str:
    """Return which of two parameters is left out: never the temperature, else the one named second."""
    others = [name for name in names[:2] if name != "temperature"]
    return others[-1] if others else names[0]


def _lessons(refusal: Refusal, name: str, body: ResponsesBody) -> list[Lesson]:
    whole = Lesson("parameter", name)
    if name == "stop_server_tools_when" and any(one.get("type") == MOST_COST for one in body.stop_server_tools_when):
        names = "\n".join(name_of(tool) for tool in body.tools if is_server_tool(tool))
        return [Lesson(WITHOUT_TOOLS, names)] if names else [whole]
    if name == "stop" and _BLANK.search(refusal.text) and any(not stop.strip() for stop in body.stop):
        return [Lesson(BLANK_STOP), whole]
    if name == "max_output_tokens":
        current = body.max_output_tokens or 0
        numbers = (int(re.sub(r"\D", "", number)) for number in _NUMBER.findall(refusal.text))
        lower = [number for number in numbers if SMALLEST_OUTPUT <= number < current and number not in (400, 422)]
        return [Lesson(OUTPUT_LIMIT, str(max(lower))), whole] if lower else [whole]
    return [whole]


def _limited(body: ResponsesBody, most: int) -> ResponsesBody:
    """Lower the limit of output tokens; a budget for thinking that no longer fits is left to the model."""
    reasoning = dict(body.reasoning or {})
    budget = reasoning.get("max_tokens")
    if isinstance(budget, int) and budget >= most:
        reasoning.pop("max_tokens")
        reasoning.setdefault("enabled", True)
    return replace(body, max_output_tokens=most, reasoning=reasoning or None)
