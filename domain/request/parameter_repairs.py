"""Repairs of parameters: the one a refusal names first is left out; of two that exclude each other, the second.

A limit of output tokens is lowered to the number upstream states. Names are those of all known providers.
"""

import re
from dataclasses import replace

from domain.request.lesson import BALANCE, BLANK_STOP, OUTPUT_LIMIT, Lesson
from domain.request.refusal import Refusal
from domain.request.sampling import SMALLEST_OUTPUT
from ports.responses import ResponsesBody, UpstreamRequest

SPELLINGS: dict[str, re.Pattern[str]] = {
    "temperature": re.compile(r"\btemperature\b"),
    "top_p": re.compile(r"\btop[_-]?p\b"),
    "top_k": re.compile(r"\btop[_-]?k\b"),
    "frequency_penalty": re.compile(r"\bfrequency_?penalty\b"),
    "presence_penalty": re.compile(r"\bpresence_?penalty\b"),
    "top_logprobs": re.compile(r"\btop_?logprobs\b"),
    "stop": re.compile(
        r"\bstop_?sequences?\b|\bstop (?:sequences?|texts?|tokens?|words?)\b|(?:parameter:?|value:?|field:?) stop\b"
        r"|^(?:\S+ )?stop: |\bstop (?:is|parameter|does|must|cannot)\b|\bstop\[\d|\bstop$"
    ),
    "parallel_tool_calls": re.compile(
        r"\bparallel_?tool_?calls?\b|\bdisable_parallel_tool_use\b|\bparallel (?:tool|function) calls?\b"
    ),
    "tool_choice": re.compile(r"\btool_?choice\b|\btool_?config\b|\bfunction_?calling_?config\b"),
    "max_tool_calls": re.compile(r"\bmax_tool_calls\b"),
    "service_tier": re.compile(r"\bservice_?tier\b"),
    "prompt_cache_key": re.compile(r"\bprompt_cache_key\b"),
    "prompt_cache_options": re.compile(r"\bprompt_?cache_?options\b"),
    "deferred_tools": re.compile(r"\bdeferred_?tools\b"),
    "stop_server_tools_when": re.compile(r"\bstop_server_tools_when\b"),
    "image_config": re.compile(r"\bimage_?config\b"),
    "prompt": re.compile(
        r"(?:parameter|field|argument|property)s?:? prompt\b|\bstored prompt\b|\bprompt[ _](?:id|template)\b"
    ),
    "trace": re.compile(r"(?:parameter|field|argument|property)s?:? trace\b"),
    "truncation": re.compile(r"\btruncation\b"),
    "metadata": re.compile(
        r"(?:parameter|field|argument|property)s?:? metadata\b|\bmetadata (?:parameter|is only|is not)"
    ),
    "user": re.compile(r"(?:parameter|field|argument|property)s?:? user\b"),
    "session_id": re.compile(r"\bsession_id\b"),
    "safety_identifier": re.compile(r"\bsafety_identifier\b"),
    "max_output_tokens": re.compile(r"\bmax_?(?:output_?|completion_?|new_?)?tokens\b"),
}
"""How providers write the parameters that may be left out, in lower case."""
CHAT_SPELLINGS = {
    name: re.compile(rf"\b{name.replace('_', '_?')}\b")
    for name in ("seed", "min_p", "top_a", "repetition_penalty", "logit_bias", "logprobs")
}
_REFUSED = re.compile(
    r"support|unknown|not allowed|deprecated|unrecogni[sz]ed|unexpected|not permitted|forbidden|invalid|must|cannot"
    r"|may not|can not|unavailable|accept|out of range|too (?:large|long|many|high|low|big|small)|exclusive|exceed"
    r"|not enabled|not implemented|incompatible|not compatible|only one|at most|greater|less than|between"
    r"|no longer|removed|obsolete|not available|disallowed|illegal|conflict|extra|wrong|blank|empty|whitespace|disabled"
    r"|maximum|minimum|limited to|\d [<>]=? \d"
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
    named.sort()
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
    if lesson.value not in SPELLINGS:
        return sent
    empty = () if isinstance(getattr(body, lesson.value), tuple) else None
    return replace(sent, body=replace(body, **{lesson.value: empty}))  # type: ignore[arg-type]


def _sent(body: ResponsesBody) -> list[str]:
    named = [name for name in SPELLINGS if getattr(body, name) not in (None, ())]
    return [*named, *(name for name in CHAT_SPELLINGS if name in (body.chat_only or {}))]


def _spelling(name: str) -> re.Pattern[str]:
    return SPELLINGS.get(name) or CHAT_SPELLINGS[name]


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
