"""The conversation as a whole: pairs of call and output, order, ids, and its end."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import Facts
from tests.oracle.rules.items import CALLS, OUTPUTS, item_complaints
from tests.oracle.rules.parts import filled_complaints
from tests.oracle.rules.values import is_text

BREAKPOINTS = 4


def conversation_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    conversation = body.get("input")
    if isinstance(conversation, str):
        yield from filled_complaints(conversation, "input", facts)
        return
    if not isinstance(conversation, list) or not conversation:
        yield "14.8 input: neither a text nor a list of items"
        return
    parses_files = parses(body.get("plugins"))
    for at, item in enumerate(conversation):
        yield from item_complaints(item, f"input[{at}]", facts, parses_files)
    items = [item for item in conversation if isinstance(item, Mapping)]
    yield from pair_complaints(items)
    yield from id_complaints(items)
    yield from end_complaints(items)
    yield from reasoning_place_complaints(items)
    yield from kept_reasoning_complaints(items, body.get("reasoning"), facts)
    yield from breakpoint_complaints(body, items)


def parses(plugins: Any) -> bool:
    """Return whether the request has the plugin that converts PDF files to text."""
    return isinstance(plugins, list) and any(
        isinstance(one, Mapping) and one.get("id") == "file-parser" and one.get("enabled", True) for one in plugins
    )


def kind_of(item: Mapping[str, Any]) -> str:
    return str(item.get("type", "message"))


def is_the_models(item: Mapping[str, Any]) -> bool:
    """Return whether the model wrote the item."""
    return kind_of(item) in CALLS or (kind_of(item) == "message" and item.get("role") == "assistant")


def pair_complaints(items: list[Mapping[str, Any]]) -> Iterator[str]:
    called: set[str] = set()
    answered: set[str] = set()
    waiting: set[str] = set()
    for item in items:
        kind, call_id = kind_of(item), str(item.get("call_id"))
        if kind in CALLS | OUTPUTS and not is_text(item.get("call_id")):
            yield f"3 call_id: {item.get('call_id')!r:.60}"
        elif kind in CALLS:
            if call_id in called:
                yield f"14.9 call {call_id!r:.60}: twice"
            called.add(call_id)
            waiting.add(call_id)
        elif kind in OUTPUTS:
            if call_id not in called or call_id in answered:
                yield f"14.9 output {call_id!r:.60}: {'twice' if call_id in called else 'no call before it'}"
            answered.add(call_id)
            waiting.discard(call_id)
        elif kind == "message" and item.get("role") != "assistant" and waiting:
            yield f"14.9 calls {sorted(waiting)!r:.80}: a message precedes the output"
            waiting = set()
    yield from (f"14.9 call {call_id!r:.60}: no output" for call_id in sorted(waiting))


def id_complaints(items: list[Mapping[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    for item in items:
        name = item.get("id")
        if isinstance(name, str):
            if name in seen:
                yield f"14.11 id {name!r:.60}: twice"
            seen.add(name)


def end_complaints(items: list[Mapping[str, Any]]) -> Iterator[str]:
    last = items[-1] if items else {}
    if kind_of(last) not in OUTPUTS and not (kind_of(last) == "message" and last.get("role") == "user"):
        yield "14.8 input: ends neither with a user's message nor with a tool's output"


def reasoning_place_complaints(items: list[Mapping[str, Any]]) -> Iterator[str]:
    for item, following in zip(items, [*items[1:], {"type": "end"}], strict=False):
        if kind_of(item) == "reasoning" and kind_of(following) != "reasoning" and not is_the_models(following):
            yield f"14.10 reasoning {item.get('id')!r:.60}: no item of the model follows it"


def kept_reasoning_complaints(items: list[Mapping[str, Any]], asked: object, facts: Facts) -> Iterator[str]:
    """Complain about calls without their reasoning, for models that reject such calls."""
    signed = facts.slug.startswith("google/gemini-3")
    kept = facts.vendor in {"deepseek", "moonshotai"} and facts.can_reason and facts.thinks(asked)
    if not signed and not kept:
        return
    step: list[Mapping[str, Any]] = []
    for item in items:
        kind = kind_of(item)
        if kind == "reasoning":
            step.append(item)
        elif kind in CALLS:
            if not any(not signed or {"encrypted_content", "signature"} & one.keys() for one in step):
                yield f"7.2 call {item.get('call_id')!r:.60}: its reasoning is missing"
            step.append({"signature": "of an earlier call of this step"})
        elif not is_the_models(item):
            step = []


def breakpoint_complaints(body: Mapping[str, Any], items: list[Mapping[str, Any]]) -> Iterator[str]:
    contents = [item.get("content", item.get("output")) for item in items]
    marks = sum(
        isinstance(part, Mapping) and "prompt_cache_breakpoint" in part
        for content in contents
        if isinstance(content, list)
        for part in content
    )
    if marks + ("cache_control" in body) > BREAKPOINTS:
        yield f"8 prompt cache: {marks} marks, at most {BREAKPOINTS}"
