"""The simulator's prompt cache reports what a provider would have read: the longest known beginning of a prompt."""

from typing import Any

import pytest

from entrypoints.simulator.prompt_cache import LOOK_BACK, PromptCache, Seen
from tests.entrypoints.simulator.reading import Caller

LONG = "Answer in one sentence. " * 400
MARK = {"prompt_cache_breakpoint": {"mode": "explicit"}}
AUTOMATIC, CLAUDE = "openai/gpt-5.6-luna", "anthropic/claude-opus-5"


def says(role: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text, **more}]}


def looked_up(cache: PromptCache, *items: dict[str, Any], claude: bool = True, **more: Any) -> Seen:
    return cache.look_up("m", {"input": list(items), **more}, marks_only=claude)


async def usage_of(caller: Caller, model: str, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"model": model, "input": [*items], **more}
    usage: dict[str, Any] = (await caller.post("/responses", body)).json["usage"]
    return usage


async def test_a_repeated_beginning_is_reported_as_cached_and_cheaper(caller: Caller) -> None:
    items = (says("system", LONG), says("user", "One?"))
    first, second = [await usage_of(caller, AUTOMATIC, *items) for _ in range(2)]
    assert first["input_tokens_details"]["cached_tokens"] == 0
    assert second["input_tokens_details"]["cached_tokens"] > 0.9 * second["input_tokens"]
    assert second["cost"] < first["cost"]


async def test_claude_reads_only_what_was_marked(caller: Caller) -> None:
    items = (says("system", LONG), says("user", "One?"))
    for mark, share in (({}, 0.0), ({"cache_control": {"type": "ephemeral"}}, 0.9)):
        await usage_of(caller, CLAUDE, *items, **mark)
        usage = await usage_of(caller, CLAUDE, *items, **mark)
        assert usage["input_tokens_details"]["cached_tokens"] >= share * usage["input_tokens"]
        assert bool(usage["input_tokens_details"]["cached_tokens"]) == bool(mark)


def test_a_changed_beginning_is_not_cached() -> None:
    cache = PromptCache()
    looked_up(cache, says("system", "A" + LONG), claude=False)
    assert looked_up(cache, says("system", "B" + LONG), claude=False) == Seen()


def test_a_short_prompt_is_not_cached() -> None:
    cache = PromptCache()
    for _ in range(2):
        assert looked_up(cache, says("user", "short"), claude=False) == Seen()


def test_marks_themselves_do_not_change_a_beginning() -> None:
    cache = PromptCache()
    looked_up(cache, says("system", LONG, **MARK))
    found = looked_up(cache, says("system", LONG), says("user", "One?", **MARK))
    assert found.read > 0.9


@pytest.mark.parametrize(("between", "found"), [(LOOK_BACK - 1, True), (LOOK_BACK, False)])
def test_claude_looks_back_a_bounded_number_of_blocks(between: int, found: bool) -> None:
    cache = PromptCache()
    looked_up(cache, says("system", LONG), says("user", "One?", **MARK))
    more = [says("assistant", f"{number}") for number in range(between)]
    seen = looked_up(cache, says("system", LONG), says("user", "One?"), *more, says("user", "Two?", **MARK))
    assert (seen.read > 0) is found


def test_claude_reads_system_messages_first_wherever_they_stand() -> None:
    cache = PromptCache()
    looked_up(cache, says("system", LONG, **MARK), says("user", "One?", **MARK))
    seen = looked_up(cache, says("system", LONG, **MARK), says("user", "One?", **MARK), says("system", "New."))
    assert 0 < seen.read < 1
