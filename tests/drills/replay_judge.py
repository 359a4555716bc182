"""A request built from a history, and everything wrong with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.openrouter.chat.messages import chat_messages
from domain.conversation.calls_as_text import takes_calls
from domain.conversation.fingerprint import normalised, visible_text
from domain.conversation.history import Past, parsed
from domain.conversation.provenance import thinking_goes_back
from domain.conversation.record import TurnRecord, record_of
from domain.faults.fault import Fault
from domain.request.body import build
from domain.request.turn_request import Caller, Prompting, Thinking, TurnRequest
from entrypoints.openwebui.history_format import OPEN_WEBUI
from entrypoints.simulator.answers import Refusal
from entrypoints.simulator.refusals.chat_history import check_chat_history
from entrypoints.simulator.refusals.history import check_history
from entrypoints.simulator.refusals.items import INPUT
from entrypoints.simulator.refusals.verdicts import Provider
from ports.responses import Route
from tests.adapters.openrouter.serialised import serialise_body
from tests.domain.conversation.host_shapes import Message
from tests.drills.replay_models import MODELS, answers_as
from tests.drills.replay_store import Store
from tests.oracle import rules_judge
from tests.oracle.rules.facts import ENTRIES

ROUTE = Route("https://upstream.example/api/v1", "sk-or-v1-drill")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as sent: `body` as JSON, empty if there was nothing to send."""

    body: dict[str, Any]

    @property
    def items(self) -> list[dict[str, Any]]:
        given = self.body.get("input")
        return given if isinstance(given, list) else []

    def left_out(
        self, records: Sequence[TurnRecord], slug: str, store: Store, *, outputs: bool
    ) -> tuple[int, list[str]]:
        """Count the turns that must be sent back exactly, reasoning included, and complain about missing ones.

        `outputs`: outputs of old turns are not shortened.
        """
        sent = [json.dumps(item) for item in self.items]
        places = {item: place for place, item in enumerate(sent)}
        due, missed = 0, list[str]()
        for record in records:
            stored = store.turns[record.turn_id]
            kept = record_of(record.turn_id, stored.model, stored.fingerprint, stored.rows)
            if kept is None or not thinking_goes_back(kept, slug, MODELS[slug]):
                missed += self._outputs_left_out(kept, slug) if outputs else []
                continue
            due += 1
            kinds = [one.item["type"] for one in kept.items]
            first = places.get(json.dumps(next(one.item for one in record.items if one.item["type"] == "reasoning")))
            if first is None:
                missed.append("a turn nobody touched lost its thinking")
                continue
            begin = first - kinds.index("reasoning")
            back = self.items[begin : begin + len(kinds)]
            same = [
                one["type"] == kept_one.item["type"]
                and (one["type"] != "reasoning" or json.dumps(one) == json.dumps(kept_one.item))
                for one, kept_one in zip(back, kept.items, strict=False)
            ]
            if len(same) != len(kinds) or not all(same):
                missed.append("a turn nobody touched went back in another order or shape")
        return due, missed

    def _outputs_left_out(self, kept: TurnRecord | None, slug: str) -> list[str]:
        if kept is None or not takes_calls(slug, MODELS[slug]):
            return []
        there = {item["output"] for item in self.items if item["type"] == "function_call_output"}
        outputs = {one.item["output"] for one in kept.items if one.item["type"] == "function_call_output"}
        return [] if outputs <= there else ["a turn nobody touched lost the full output of a call"]

    def words_lost(self, messages: Sequence[Message]) -> list[str]:
        """Complain if the assistant's text differs from the history's: nothing may be lost, duplicated or moved."""
        history = [
            normalised(visible_text(message), OPEN_WEBUI) for message in messages if message["role"] == "assistant"
        ]
        texts = [visible_text(item) for item in self.items if item.get("role") == "assistant"]
        sent_texts = [normalised(text, OPEN_WEBUI) for text in texts if not text.startswith("[I called the tool ")]
        same = " ".join(filter(None, history)) == " ".join(filter(None, sent_texts))
        return [] if same else ["the words of the history changed"]


def sent(
    messages: Sequence[object],
    slug: str,
    records: tuple[TurnRecord, ...],
    reasoning: str,
    full_turns: int,
    window: int,
) -> Sent:
    """Build the request for a history."""
    request = TurnRequest(
        slug,
        tuple(messages),
        ROUTE,
        caller=Caller.API,
        thinking=Thinking(),
        prompting=Prompting(history_turns=window),
    )
    history = parsed(request.messages, window, Past(records, reasoning, full_turns, history_format=OPEN_WEBUI))
    prepared = build(request, slug, MODELS[slug], known=frozenset(ENTRIES), history=history)
    return Sent({} if isinstance(prepared, Fault) else json.loads(serialise_body(prepared.request.body)))


def complaints(made: Sent, slug: str, *, thorough: bool) -> list[str]:
    """Return what the simulator's providers reject, on either endpoint; `thorough`: also broken written rules."""
    items = made.items
    if not items:
        return []
    host = Provider(answers_as(slug), "drill")
    found: list[str] = []
    if INPUT(items):
        found.append(f"shape: {json.dumps(INPUT(items))[:200]}")
    for check, history in ((check_history, items), (check_chat_history, [dict(one) for one in chat_messages(items)])):
        try:
            check(history, host)
        except Refusal as refusal:
            found.append(f"refused: {_words(refusal)}")
    if thorough:
        found += [f"rule: {text}" for text in rules_judge.judge(made.body, ENTRIES[slug])]
    return found


def _words(refusal: Refusal) -> str:
    return str(vars(refusal))[:300]
