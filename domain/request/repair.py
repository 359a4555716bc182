"""One change to a refused request that may make it pass: exactly what the refusal names, before anything was shown.

Codes and named parameters count first, then words (`refusal_words`). What helped is worth remembering: the next
request to the same model is built with the lesson at once. Source: behaviour of reasoning, retries; OpenRouter API
reference, retry table.
"""

import re
from dataclasses import replace

from domain.conversation.cache_marks import marked_parts, without_marks
from domain.request.history_repairs import (
    about_history,
    last_resort,
    named_history_repairs,
    with_repaired_history,
)
from domain.request.instruction_repairs import instruction_repairs, with_instructions_first, with_instructions_said
from domain.request.lesson import (
    BALANCE,
    BLANK_STOP,
    FEWER_TOOLS,
    HISTORY,
    INSTRUCTIONS,
    LOOSE_TOOLS,
    MEDIA,
    NO_TOOLS,
    OF_HISTORY,
    OUTPUT_LIMIT,
    WITHOUT_TOOLS,
    Lesson,
)
from domain.request.media_repairs import media_repairs, without_media
from domain.request.parameter_repairs import balance_repair, parameter_repairs, with_repaired_parameter
from domain.request.reasoning import EFFORTS, nearest
from domain.request.refusal import Refusal, refusal_of
from domain.request.tool_choice import with_tools
from domain.request.tool_repairs import about_definitions, tool_repairs, with_repaired_tools, without_any_tool
from domain.request.tool_types import goes_to_chat
from ports.response_events import UpstreamProblem
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest

__all__ = ["Lesson", "applied", "lesson_of"]

_EFFORT = re.compile(r"\b(" + "|".join(EFFORTS) + r")\b")
_REFUSALS = (400, 404, 422, None)
_NONE_LEFT = 404
"""No provider, model or item is left for the request: its history as text helps only where an item is named."""
_REASONING = re.compile(r"reasoning(?! models?\b)|thinking(?! models?\b)|effort|\bsummary\b|\bsummaries\b")
_CACHE = re.compile(r"cache[_ ](?:control|breakpoint)")
_TYPE = re.compile(r"\btypes?\b")
_TOOLS = frozenset({LOOSE_TOOLS, WITHOUT_TOOLS, FEWER_TOOLS, NO_TOOLS})
_PARAMETERS = frozenset({"parameter", BALANCE, OUTPUT_LIMIT, BLANK_STOP})


def lesson_of(
    problem: UpstreamProblem,
    sent: UpstreamRequest,
    learned: frozenset[str],
    *,
    fall_back: bool = True,
    invalid: bool = True,
    last: bool = False,
) -> Lesson | None:
    """Read from a refusal what to change; None if nothing can be learned, or it was tried already.

    `learned`: the kinds of repair this round has made. `fall_back`: the other endpoint may be tried. `invalid`:
    upstream calls the request invalid; otherwise only what it names beyond doubt is changed. `last`: no other repair
    can follow.
    """
    refusal = refusal_of(problem, sent.body.model)
    invalid = invalid and problem.status in _REFUSALS
    for lesson in _candidates(refusal, problem, sent, fall_back=fall_back, invalid=invalid, last=last):
        if lesson.kind not in learned and applied(sent, lesson) != sent:
            return lesson
    return None


def applied(sent: UpstreamRequest, lesson: Lesson) -> UpstreamRequest:
    """Return what to send after a lesson; the same if it changes nothing here."""
    if lesson.what in OF_HISTORY:
        return with_repaired_history(sent, lesson)
    if lesson.what in _TOOLS:
        return with_repaired_tools(sent, lesson)
    if lesson.what in _PARAMETERS:
        return with_repaired_parameter(sent, lesson)
    body = sent.body
    reasoning = dict(body.reasoning or {})
    if lesson.what == "endpoint":
        return _through_chat(sent)
    if lesson.what == MEDIA:
        return without_media(sent, lesson)
    if lesson.what == INSTRUCTIONS:
        return with_instructions_first(sent) if lesson.value else with_instructions_said(sent)
    if lesson.what == "effort" and reasoning.get("effort") == lesson.refused:
        return replace(sent, body=replace(body, reasoning={**reasoning, "effort": lesson.value}))
    if lesson.what == "summary" and reasoning.pop("summary", None):
        return replace(sent, body=replace(body, reasoning=reasoning or None))
    if lesson.what == "reasoning":
        return replace(sent, body=replace(body, reasoning=None, include=()))
    if lesson.what == "cache_control":
        items = without_marks(body.input, marked_parts(body.input))
        return replace(sent, body=replace(body, cache_control=None, input=items))
    return sent


def _through_chat(sent: UpstreamRequest) -> UpstreamRequest:
    """Return the request through chat completions, without the tools that it does not take."""
    tools = tuple(tool for tool in sent.body.tools if goes_to_chat(tool))
    return replace(sent, endpoint=Endpoint.CHAT, body=with_tools(sent.body, tools))


def _candidates(
    refusal: Refusal, problem: UpstreamProblem, sent: UpstreamRequest, *, fall_back: bool, invalid: bool, last: bool
) -> list[Lesson]:
    """Return what may be changed, the most exact first."""
    body, text = sent.body, refusal.text
    if problem.status == 402 or problem.kind == "payment_required":
        return balance_repair(refusal, body)
    lessons = instruction_repairs(refusal) if invalid else []
    if invalid and fall_back and sent.endpoint is Endpoint.RESPONSES and _wants_chat(text):
        lessons.insert(0, Lesson("endpoint"))
    media = media_repairs(refusal, sent)
    of_history, of_tools = named_history_repairs(refusal, sent, last=last), tool_repairs(refusal, body, last=last)
    if invalid and of_history == [Lesson(HISTORY)] and _TYPE.search(text):  # the type may be that of a medium
        of_history = [*media, *of_history]
    lessons += [*of_tools, *of_history] if about_definitions(refusal) else [*of_history, *of_tools]
    no_tools = without_any_tool(refusal, body)
    if not invalid:
        return lessons or no_tools
    plain = last_resort(refusal) if problem.status != _NONE_LEFT else []
    if about_history(refusal):
        return (lessons or media) + plain
    named = parameter_repairs(refusal, body)
    if body.reasoning and (at := refusal.position(_REASONING)) is not None:
        named += [(at, lesson) for lesson in _about_reasoning(text, body)]
    if (at := refusal.position(_CACHE)) is not None and (body.cache_control or marked_parts(body.input)):
        named.append((at, Lesson("cache_control")))
    lessons += [lesson for _, lesson in sorted(named, key=lambda entry: entry[0])]
    lessons = lessons or no_tools or media
    return lessons + plain if not named else lessons


def _about_reasoning(text: str, body: ResponsesBody) -> list[Lesson]:
    sent = str((body.reasoning or {}).get("effort", ""))
    lessons: list[Lesson] = []
    named = tuple(name for name in _EFFORT.findall(text) if name != sent)
    thinking = tuple(name for name in named if name != "none")  # nobody asked to switch it off
    choice = nearest(sent, thinking or named) if sent and "effort" in text else None
    if choice is not None:
        lessons.append(Lesson("effort", choice, sent))
    if "summar" in text:
        lessons.append(Lesson("summary"))
    return [*lessons, Lesson("reasoning")]


def _wants_chat(text: str) -> bool:
    return "wrong_endpoint" in text or ("chat/completions" in text and ("support" in text or "use" in text))
