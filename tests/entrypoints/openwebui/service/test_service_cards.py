"""Own cards through the whole service: they replace the built-in card for people, and nothing else."""

import pytest

from domain.request.turn_request import Caller as Who
from tests.entrypoints.openwebui.service.calling import ERROR_ID, Caller

CARD = "RATE_LIMIT_TEMPLATE=<<END\nSlow down, {user_id}: {retry_after_seconds} s, {model} ({error_id})\nEND"
LIMITED = "sim/error-429-after-90"
BAD = {
    "broken": "RATE_LIMIT_TEMPLATE={{#if error_id}}",
    "recursive": "RATE_LIMIT_TEMPLATE={RATE_LIMIT_TEMPLATE}",
    "nested": f"RATE_LIMIT_TEMPLATE={'{{#if error_id}}' * 10_000}",
    "enormous": f"RATE_LIMIT_TEMPLATE={'x' * 10_000_000}",
    "without an end": "RATE_LIMIT_TEMPLATE=<<END\nSlow down.",
}


async def test_person_reads_the_own_card(caller: Caller) -> None:
    caller.valves["ADVANCED"] = CARD
    reply = await caller.ask(LIMITED)
    (error_id,) = ERROR_ID.findall(reply.fault_words)
    assert reply.fault_words == f"Slow down, user-1: 90 s, {LIMITED} ({error_id})"


@pytest.mark.parametrize("stream", [True, False])
async def test_api_client_gets_the_error_object_all_the_same(caller: Caller, stream: bool) -> None:
    caller.valves["ADVANCED"] = CARD
    reply = await caller.ask(LIMITED, who=Who.API, stream=stream)
    assert "Too many requests were sent to this model." in reply.fault_words
    assert "Slow down" not in reply.fault_words


@pytest.mark.parametrize("box", BAD.values(), ids=BAD)
async def test_bad_template_leaves_answers_alone_with_one_warning(
    caller: Caller, box: str, caplog: pytest.LogCaptureFixture
) -> None:
    caller.valves["ADVANCED"] = box
    assert (await caller.ask("sim/echo")).text == "You said: hello"
    reply = await caller.ask(LIMITED)
    assert reply.fault_words.startswith("Too many requests were sent to this model.")
    warned = [line for line in caplog.text.splitlines() if "setting_not_used_as_given" in line]
    about = [line for line in warned if "RATE_LIMIT_TEMPLATE" in line or "line 1 opens" in line]
    assert len(about) == 1
    assert len(warned) <= 2  # a box that is too long is named, too


async def test_administrator_reads_what_is_wrong_in_the_chat(caller: Caller) -> None:
    caller.user["role"] = "admin"
    caller.valves["ADVANCED"] = BAD["broken"]
    reply = await caller.ask("sim/echo")
    (notice,) = [event["data"]["content"] for event in reply.events if event["type"] == "notification"]
    assert "RATE_LIMIT_TEMPLATE" in notice
    assert "line 1: {{#if error_id}} is never closed" in notice


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("error-402-amounts", "The request needs $0.25; the account has -$0.02."),
        ("error-403-key-limit", "The spending limit of the API key is used up."),
        ("error-401-provider-key", "The provider of this model did not accept the key that OpenRouter has for it."),
        ("error-429-provider-money", "The account at the provider of this model has nothing left to spend."),
        ("error-400-moderation", "The provider's moderation blocked this request."),
        ("error-404-privacy", "No provider of this model matches the privacy settings."),
        (
            "error-400-length",
            "This model takes at most 256,000 tokens, the answer included, and writes at most 64,000.",
        ),
        ("error-400-endpoint", "This model answers at another endpoint"),
        ("error-403", "It objects to: violence"),
    ],
)
async def test_built_in_card_and_error_object_say_what_upstream_named(
    caller: Caller, scenario: str, words: str
) -> None:
    await caller.knows_the_models()
    for who in (Who.PAGE, Who.API):
        assert words in (await caller.ask(f"sim/{scenario}", who=who)).fault_words
