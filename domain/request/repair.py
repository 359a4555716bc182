"""One change to a refused request that may make it pass; each kind at most once a turn, before anything was shown.

What helped is worth remembering: the next request to the same model is built with the lesson at once. Source:
behaviour of reasoning, retries; OpenRouter API reference, retry table.
"""

import re
from dataclasses import dataclass, replace

from domain.request.reasoning import EFFORTS, nearest
from ports.response_events import UpstreamProblem
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest

_EFFORT = re.compile(r"\b(" + "|".join(EFFORTS) + r")\b")
_REFUSALS = (400, 404, 422, None)
_NAMED = ("temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "top_logprobs", "stop")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to change for a model: `what` names the repair, `value` its detail (an effort, a parameter).

    `refused` is the effort that was not taken: only that one is exchanged.
    """

    what: str
    value: str = ""
    refused: str = ""

    @property
    def kind(self) -> str:
        """What is repaired at most once a turn: each parameter by itself, everything else by its name."""
        return f"parameter {self.value}" if self.what == "parameter" else self.what


def lesson_of(
    problem: UpstreamProblem, sent: UpstreamRequest, learned: frozenset[str], *, fall_back: bool = True
) -> Lesson | None:
    """Read from a refusal what to change; None if nothing can be learned, or it was tried already.

    `learned`: the kinds of repair this turn has made. `fall_back`: the other endpoint may be tried.
    """
    if problem.status not in _REFUSALS:
        return None
    text = f"{problem.kind} {problem.text}".lower()
    text = text.replace(sent.body.model.lower(), "the model")  # names of models hold words such as "thinking"
    for lesson in _candidates(text, sent, fall_back):
        if lesson.kind not in learned and applied(sent, lesson) != sent:
            return lesson
    return None


def applied(sent: UpstreamRequest, lesson: Lesson) -> UpstreamRequest:
    """Return what to send after a lesson; the same if it changes nothing here."""
    body = sent.body
    reasoning = dict(body.reasoning or {})
    if lesson.what == "endpoint":
        return replace(sent, endpoint=Endpoint.CHAT)
    if lesson.what == "effort" and reasoning.get("effort") == lesson.refused:
        return replace(sent, body=replace(body, reasoning={**reasoning, "effort": lesson.value}))
    if lesson.what == "summary" and reasoning.pop("summary", None):
        return replace(sent, body=replace(body, reasoning=reasoning or None))
    if lesson.what == "reasoning":
        return replace(sent, body=replace(body, reasoning=None, include=()))
    if lesson.what == "cache_control":
        return replace(sent, body=replace(body, cache_control=None))
    if lesson.what == "parameter" and lesson.value in _NAMED:
        empty = () if lesson.value == "stop" else None
        return replace(sent, body=replace(body, **{lesson.value: empty}))  # type: ignore[arg-type]
    return sent


def _candidates(text: str, sent: UpstreamRequest, fall_back: bool) -> list[Lesson]:
    body = sent.body
    lessons: list[Lesson] = []
    if fall_back and sent.endpoint is Endpoint.RESPONSES and ("wrong_endpoint" in text or _wants_chat(text)):
        lessons.append(Lesson("endpoint"))
    if body.reasoning and ("reasoning" in text or "thinking" in text or "effort" in text):
        lessons += _about_reasoning(text, body)
    if body.cache_control and ("cache_control" in text or "cache control" in text):
        lessons.append(Lesson("cache_control"))
    if any(word in text for word in ("support", "unknown", "not allowed", "deprecated")):
        lessons += [Lesson("parameter", name) for name in _NAMED if re.search(rf"\b{name}\b", text)]
    return lessons


def _about_reasoning(text: str, body: ResponsesBody) -> list[Lesson]:
    sent = str((body.reasoning or {}).get("effort", ""))
    lessons: list[Lesson] = []
    named = tuple(name for name in _EFFORT.findall(text) if name != sent)
    thinking = tuple(name for name in named if name != "none")  # nobody asked to switch it off
    choice = nearest(sent, thinking or named) if sent and "effort" in text else None
    if choice is not None:
        lessons.append(Lesson("effort", choice, sent))
    if "summary" in text:
        lessons.append(Lesson("summary"))
    return [*lessons, Lesson("reasoning")]


def _wants_chat(text: str) -> bool:
    return "chat/completions" in text and ("support" in text or "use" in text)
