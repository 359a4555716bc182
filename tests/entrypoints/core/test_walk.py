"""The walk of one turn in docs/developers.md is what a traced turn does, and no step does another's work again."""

import asyncio

import pytest

from tests.entrypoints.core.walk import PAGE, ROOT, Trace, page_with, text_of, traced, visited_again

ONCE = (
    "entrypoints/openai/completions_body: read_completions_body",
    "entrypoints/core/caller_request: request_of",
    "domain/conversation/marks: marks_of",
    "domain/conversation/history: parsed",
    "domain/conversation/history: items_for",
    "domain/conversation/figures: figures_of",
    "domain/request/body: build",
    "domain/turn/machine: TurnMachine",
    "domain/services/settle_turn: settle_turn",
    "adapters/sql/artifacts: SqlArtifacts.find",
    "adapters/sql/artifacts: SqlArtifacts.put",
    "adapters/openrouter/wire/request_body: encode_body",
)
"""What costs in proportion to the history, or costs a statement of the database, happens once in a turn."""

AGAIN = {
    "entrypoints/core/open_core": "the door: in at the start, out at the end",
    "entrypoints/openai/completion": "the caller reads from the first output to the last",
    "entrypoints/openai/found_sources": "the sources of the answer, asked for what is left of them at its end",
    "domain/services/run_turn": "the frame around the steps",
    "domain/services/admit_turn": "the ticket taken first is released first",
    "domain/services/owned_tasks": "keeps the tasks of every step",
    "domain/request/turn_request": "the values of the request",
    "entrypoints/core/core_keys": "which keys are used is noted at the entry, and written by the end",
    "domain/services/audit_keys": "which keys are used is noted at the entry, and written by the end",
    "domain/usage/entries": "the id of the paying key: noted at the entry, and in the entry of each attempt",
    "domain/egress/pasted": "whether a header can carry a key: one that is noted, and the one that is sent",
    "domain/catalog/support": "what the model can do, asked by each step for its own purpose",
    "domain/services/turn_mask": "credentials of the request are read at the start, reports are masked as they come",
    "domain/services/settle_turn": "writes the log line at the start as well as at the end",
    "domain/services/count_events": "passes every event on to the log",
    "domain/services/record_turn": "each step takes part in the recording of its turn",
    "domain/services/measure_turns": "counts attempts as they end, and the turn at its end",
    "entrypoints/core/core_metrics": "asked by both whether anybody reads the numbers",
    "domain/services/book_attempts": "made with the driver; books each attempt when it begins and when it ends",
    "domain/services/turn_stores": "chosen at the start, empty at the end",
    # The history is looked up first, the new answer is stored last: the same rooms, for other texts.
    "entrypoints/core/storage": "store",
    "entrypoints/core/redis_artifacts": "store",
    "entrypoints/core/core_redis": "store",
    "entrypoints/core/storage_lazy": "store",
    "entrypoints/core/storage_vault": "store",
    "entrypoints/core/storage_file": "store",
    "domain/services/store_budget": "store",
    "domain/services/remember_turn": "store",
    "domain/usage/facts": "joined per attempt, named in the log line",
    "domain/conversation/record": "store",
    "domain/conversation/references": "the answer's own references",
    "domain/conversation/drawn_pictures": "the answer's own words",
    "domain/conversation/fingerprint": "the answer's own fingerprint",
    "domain/conversation/history_format": "the answer's own words",
    "domain/conversation/bounded_ids": "ids of people at the entry, of calls as they come",
    "domain/services/report_interrupted": "what was reported counts when the answer is complete",
    "domain/conversation/size": "the answer's own size",
    "domain/conversation/call_ids": "the ids of calls in the answer",
    "domain/conversation/arguments": "long arguments are read where they are sent and where they are stored",
    "domain/catalog/prompt_window": "the limit of a prompt, where the first one is fitted and as later ones grow",
    "domain/turn/fitting": "the first request is measured with its history, off the loop; later ones as they grow",
    "domain/conversation/stored_shapes": "the shape of rows that were read, and of the answer's own items",
    "domain/conversation/server_items": "what goes back of stored items, and of the answer's own",
    "domain/conversation/item_types": "the type of stored items, and of the answer's own",
    "domain/conversation/annotations": "of stored messages, and of the answer's own",
    "domain/conversation/provenance": "which thinking an attempt's endpoint takes",
}
"""Rooms that more than one step may visit, with the reason."""


@pytest.fixture(scope="module")
def trace() -> Trace:
    return asyncio.run(traced())


@pytest.mark.parametrize("call", ONCE)
def test_work_in_proportion_to_the_history_is_done_once(trace: Trace, call: str) -> None:
    assert trace.calls[call] == 1


def test_no_step_visits_the_room_of_another_without_a_reason(trace: Trace) -> None:
    again = {room: steps for room, steps in visited_again(trace.walk).items() if not room.startswith("adapters/")}
    assert {room: steps for room, steps in again.items() if room not in AGAIN} == {}


def test_the_page_shows_the_walk_of_a_real_turn(trace: Trace) -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    assert page_with(text_of(trace.walk), page) == page, "run `make walk`"
