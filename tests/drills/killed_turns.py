"""Turns of several rounds, generated from a number: the number determines every byte."""

from random import Random
from typing import Any

from domain.conversation.history import Past
from domain.conversation.record import TurnItem, TurnRecord
from domain.conversation.references import call_reference
from entrypoints.simulator.answers import Refusal
from entrypoints.simulator.refusals.history import check_history
from entrypoints.simulator.refusals.items import INPUT
from entrypoints.simulator.refusals.verdicts import Provider
from tests.contracts.artifact_cases import ulid
from tests.domain.conversation.histories import history_items
from tests.domain.conversation.host_shapes import Message, returned, user
from tests.drills.replay_models import MODELS, answers_as, thought

SLUG = "openai/gpt-5.6-sol"
HOST = "0.12.4"
LARGE = 400_000


def turn(number: int) -> TurnRecord:
    """Return a turn of one to four rounds of reasoning, text and calls; every sixth has an output of 400 KB."""
    rng, items = Random(number), list[TurnItem]()
    for round_ in range(rng.randint(1, 4)):
        items += (TurnItem(thought(SLUG, rng)), TurnItem(_message(number, f"Round {round_} of {number}.")))
        calls = [f"call_{number}_{round_}_{place}" for place in range(rng.randint(1, 3))]
        shown = [call_reference(ulid(number), len(items) + place) for place in range(len(calls))]
        items += (TurnItem(_call(one), seen) for one, seen in zip(calls, shown, strict=True))
        items += (TurnItem(_output(one, rng), seen) for one, seen in zip(calls, shown, strict=True))
    if number % 6 == 0:
        items[-1] = TurnItem({**items[-1].item, "output": rng.randbytes(LARGE // 2).hex()}, items[-1].shown)
    items += (TurnItem(thought(SLUG, rng)), TurnItem(_message(number, f"The answer is {number} — é.")))
    return TurnRecord(ulid(number), SLUG, answers_as(SLUG), tuple(items))


def chat_of(numbers: list[int]) -> list[Message]:
    """Return the chat with these turns, as a host sends it with the next question."""
    said = [message for number in numbers for message in (user(f"Ask {number}"), *returned(HOST, turn(number)))]
    return [*said, user("And now?")]


def replayed(messages: list[Message], records: tuple[TurnRecord, ...]) -> tuple[list[dict[str, Any]], str]:
    """Return the items sent upstream, and the reason why upstream would reject them, otherwise ""."""
    items = [dict(item) for item in history_items(messages, MODELS[SLUG], slug=SLUG, past=Past(records))]
    complaint = INPUT(items)
    if complaint:
        return items, f"shape: {complaint}"
    try:
        check_history(items, Provider(answers_as(SLUG), "drill"))
    except Refusal as refusal:
        return items, f"refused: {vars(refusal)}"
    return items, ""


def _message(number: int, text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item_id = f"msg_{number}_{sum(text.encode()):x}"
    return {"type": "message", "role": "assistant", "id": item_id, "status": "completed", "content": content}


def _call(call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": "look", "arguments": '{"q": "x é"}'}


def _output(call_id: str, rng: Random) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": rng.randbytes(rng.randint(5, 2_000)).hex()}
