"""Long histories: too many messages to draw one by one, so each is generated from a drawn seed."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.oracle.drawing.values import HUGE_DATA, PNG, TEXTS

Message = dict[str, Any]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather for a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def history(seed: int, length: int) -> list[Message]:
    """Build `length` messages; the last one is a user's question. The same seed gives the same history."""
    random = Random(seed)
    messages: list[Message] = [{"role": "system", "content": "You are a careful assistant."}]
    turns = endless_turns(random)
    while len(messages) < length:
        messages += next(turns)
    return [*messages[: length - 1], {"role": "user", "content": "And now, in one sentence?"}]


def endless_turns(random: Random) -> Iterator[list[Message]]:
    number = 0
    while True:
        number += 1
        yield [{"role": "user", "content": question(random, number)}]
        for _ in range(random.choice((0, 0, 1, 2))):
            yield tool_round(random, number)
        if random.random() > 0.05:
            yield [answer(random, number)]


def question(random: Random, number: int) -> str | list[Any]:
    text = random.choice((f"Question {number}: what is the weather?", "word " * 200, random.choice(TEXTS)))
    if random.random() < 0.8:
        return text
    data = HUGE_DATA[:20_000] if random.random() < 0.1 else PNG
    return [
        {"type": "text", "text": text},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
    ]


def answer(random: Random, number: int) -> Message:
    text = random.choice((f"Answer {number}.", "word " * 300, f"<think>{number}</think>Red.", random.choice(TEXTS)))
    said: Message = {"role": "assistant", "content": text}
    if random.random() < 0.2:
        said["reasoning_details"] = [{"type": "reasoning.text", "text": f"Thought {number}.", "index": 0}]
    return said


def tool_round(random: Random, number: int) -> list[Message]:
    """Build one round; in a few an output is missing, an id is reused, or the arguments are not JSON."""
    count = random.choice((1, 1, 2, 3))
    ids = [f"call_{number}_{n}" if random.random() > 0.03 else "call_again" for n in range(count)]
    calls = [
        {"id": one, "type": "function", "function": {"name": "get_weather", "arguments": arguments(random)}}
        for one in ids
    ]
    results = [
        {"role": "tool", "tool_call_id": one, "content": json.dumps({"temp_c": random.randint(-20, 40)})}
        for one in ids
        if random.random() > 0.03
    ]
    return [{"role": "assistant", "content": random.choice((None, "", "Looking.")), "tool_calls": calls}, *results]


def arguments(random: Random) -> str:
    return random.choice(('{"city": "Perth"}', '{"city": "Perth"}', '{"city": "Oslo"}', "{}", "", '{"city": "Per'))
