"""A killed process: later turns of the same line of messages report its tool calls, and no other turn does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from domain.conversation.placeholders import MAY_HAVE_RUN, RESULT_LOST
from domain.request.turn_request import Remembering
from domain.services.journal_calls import HOST_SECONDS
from ports.artifacts import ArtifactsUnavailable
from ports.json_values import JsonObject
from ports.response_events import UpstreamEvent
from ports.tool_runs import NOT_KEPT
from tests.domain.services.crash import ANN, Process, World, asked, question
from tests.domain.services.stage import MODEL, said
from tests.domain.turn.talk import call, completed, done
from tests.doubles.cipher import NamedKeyCipher
from tests.doubles.clock import until
from tests.doubles.toolbox import ScriptedToolbox

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
WHY, AND, SO, THEN = map(question, ("Why?", "And?", "So?", "Then?"))
FIRST = asked(WHY, turn=TURN)
SECOND = asked(WHY, AND, message="m-2", parent="m-1")
TOOLS = {"look": "found", "send": "sent", "wait": None}


def round_of(*names: str) -> list[list[UpstreamEvent]]:
    """The model requests one call of each named tool."""
    return [[*done(*(call(f"call_{name}", name) for name in names)), completed()]]


def told(sent: Sequence[JsonObject]) -> list[tuple[str, str]]:
    """Return kind and content of each item sent: the text of a message, the name of a call, an output."""
    found = []
    for item in sent:
        if item["type"] == "function_call":
            found.append(("call", item["name"]))
        elif item["type"] == "function_call_output":
            found.append(("output", item["output"]))
        else:
            text = item["content"] if isinstance(item["content"], str) else item["content"][0]["text"]
            found.append((item["role"], text))
    return found


Q1, Q2, Q3 = ("user", "Why?"), ("user", "And?"), ("user", "So?")
LOOKED = [("call", "look"), ("output", "found")]


class Killed:
    """A process that hangs in its turn: other processes see the same as after a kill."""

    def __init__(self, process: Process, reader: "asyncio.Task[None]") -> None:
        self.process, self.reader = process, reader


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def killed() -> AsyncIterator[list[Killed]]:
    """Collect processes that are ended after the test."""
    victims: list[Killed] = []
    yield victims
    for victim in victims:
        await victim.process.stop(victim.reader)


async def kill(
    world: World,
    killed: list[Killed],
    *names: str,
    request=FIRST,
    tools: dict[str, str | None] | None = None,
    durable: bool = True,
) -> None:
    """Run the tools of the first turn, one round per name and one that never ends, and leave it hanging."""
    scripts = [round_of(name) for name in names]
    process = world.process(*scripts, round_of("wait"), durable=durable)
    toolbox = ScriptedToolbox(tools or TOOLS)
    killed.append(Killed(process, process.begin(request, toolbox)))
    await until(lambda: toolbox.running == 1 and len(toolbox.started) == len(names) + 1)
    journal = process.temporary_runs if request.person.chat_id != "c" else world.runs
    owner = request.person
    for _ in range(20):
        await asyncio.sleep(0)
    assert await journal.unsettled("pipe", owner.user_id, chat_id=owner.chat_id, turn_ids=[], limit=9)


async def test_finished_calls_are_in_the_next_request_with_their_outputs(world, killed):
    await kill(world, killed, "look", "send")
    sent = told(await world.process(said("Yes")).ask(SECOND))
    assert sent[:5] == [Q1, ("call", "look"), ("call", "send"), ("output", "found"), ("output", "sent")]
    assert sent[5][0] == "assistant"
    assert "wait" in sent[5][1]
    assert MAY_HAVE_RUN in sent[5][1]
    assert sent[6:] == [Q2]


async def test_calls_are_reported_without_tools_on_offer_and_with_upstreams_call_ids(world, killed):
    await kill(world, killed, "look")
    sent = await world.process(said("Yes")).ask(SECOND)
    assert [item["call_id"] for item in sent if "call_id" in item] == ["call_look", "call_look"]


async def test_every_later_request_of_the_line_begins_with_the_same_items(world, killed):
    await kill(world, killed, "look")
    process = world.process(said("Yes"), said("No"))
    first = await process.ask(SECOND)
    answer = {"role": "assistant", "content": "Yes"}
    second = await process.ask(asked(WHY, AND, answer, SO, message="m-3", parent="m-2"))
    third = await world.process(said("No")).ask(asked(WHY, AND, answer, SO, message="m-3", parent="m-2"))
    assert second[: len(first)] == first
    assert third == second
    assert told(second)[-2:] == [("assistant", "Yes"), Q3]


async def test_another_answer_to_the_same_question_does_not_get_the_calls(world, killed):
    await kill(world, killed, "look")
    world.chats.parents["c", "m-1b"] = "q-1"
    process = world.process(said("Yes"), said("Yes"))
    assert told(await process.ask(asked(WHY, message="m-1b"))) == [Q1]
    below = asked(WHY, {"role": "assistant", "content": "Yes"}, AND, message="m-2b", parent="m-1b")
    assert told(await world.process(said("Yes")).ask(below)) == [Q1, ("assistant", "Yes"), Q2]


async def test_a_continued_answer_gets_its_own_calls(world, killed):
    await kill(world, killed, "look")
    partly = {"role": "assistant", "content": "I look."}
    sent = told(await world.process(said("Yes")).ask(asked(WHY, partly)))
    assert sent[:3] == [Q1, *LOOKED]


async def test_without_the_hosts_messages_only_the_answer_before_the_question_counts(world, killed):
    await kill(world, killed, "look")
    process = world.process(said("Yes"))
    process.chats.broken = True
    assert told(await process.ask(SECOND))[:3] == [Q1, *LOOKED]


async def test_calls_of_an_earlier_answer_are_reported_once_the_host_can_list_its_messages_again(world, killed):
    await kill(world, killed, "look")
    process = world.process(said("Yes"), said("No"))
    process.chats.broken = True
    later = asked(WHY, AND, {"role": "assistant", "content": "Yes"}, SO, message="m-3", parent="m-2")
    assert LOOKED[0] not in told(await process.ask(later))
    process.chats.broken = False
    last = asked(*later.messages, {"role": "assistant", "content": "Yes"}, THEN, message="m-4", parent="m-3")
    assert told(await process.ask(last))[:3] == [Q1, *LOOKED]


async def test_turn_in_a_copied_chat_does_not_hide_the_calls_of_the_original(world, killed):
    await kill(world, killed, "look")
    process = world.process(said("Yes"), said("Yes"))
    partly = {"role": "assistant", "content": "I look."}
    await process.ask(asked(WHY, partly, person=replace(ANN, chat_id="copy")))
    assert told(await process.ask(SECOND))[:3] == [Q1, *LOOKED]


@pytest.mark.parametrize("changes", [{"user_id": "bob"}, {"chat_id": "another"}])
async def test_no_other_person_and_no_other_chat_gets_the_calls(world, killed, changes):
    await kill(world, killed, "look")
    world.chats.add("another", "q-1", "m-1")
    other = replace(SECOND, person=replace(SECOND.person, **changes))
    assert told(await world.process(said("Yes")).ask(other)) == [Q1, Q2]


async def test_temporary_chat_keeps_nothing_and_gets_no_report(world, killed):
    person = replace(ANN, chat_id="temporary:s", temporary=True)
    await kill(world, killed, "look", request=asked(WHY, turn=TURN, person=person))
    assert await world.runs.chats("pipe", "", 9) == ()
    runs = await killed[0].process.temporary_runs.unsettled("pipe", "ann", chat_id="temporary:s", turn_ids=[], limit=9)
    assert [run.kept for run in runs] == [NOT_KEPT, None]
    asks = asked(WHY, AND, message="m-2", parent="m-1", person=person)
    assert told(await world.process(said("Yes")).ask(asks)) == [Q1, Q2]


async def test_results_that_must_not_be_kept_are_reported_as_lost(world, killed):
    memory = Remembering("pipe", tool_results=False, references=True)
    await kill(world, killed, "look", request=replace(FIRST, memory=memory))
    assert [run.kept for run in await world.runs_of()] == [NOT_KEPT, None]
    sent = told(await world.process(said("Yes")).ask(replace(SECOND, memory=memory)))
    assert [kind for kind, _ in sent] == ["user", "assistant", "assistant", "user"]
    assert "look" in sent[1][1]
    assert RESULT_LOST in sent[1][1]


async def test_results_that_no_key_decrypts_are_reported_as_lost(world, killed):
    await kill(world, killed, "look")
    world.cipher = NamedKeyCipher("another")
    assert RESULT_LOST in str(await world.process(said("Yes")).ask(SECOND))


async def test_results_are_opened_with_an_older_key(world, killed):
    await kill(world, killed, "look")
    world.cipher = NamedKeyCipher("another", "key")
    assert told(await world.process(said("Yes")).ask(SECOND))[1:3] == LOOKED


@pytest.mark.parametrize(("encrypt_all", "key_id"), [(True, "key"), (False, "")])
async def test_results_are_sealed_as_the_outputs_of_turns_are(killed, encrypt_all, key_id):
    world = World(NamedKeyCipher("key", encrypt_all=encrypt_all))
    await kill(world, killed, "look")
    (run, _) = await world.runs_of()
    assert run.kept is not None
    assert (run.kept.key_id, b"found" in run.kept.payload) == (key_id, True)


async def test_nothing_is_kept_while_the_store_or_its_key_is_unavailable(world, killed):
    await kill(world, killed, "look", durable=False)
    assert [run.kept for run in await world.runs_of()] == [NOT_KEPT, None]


async def test_large_results_are_sealed_off_the_loop_and_shortened(world, killed):
    await kill(world, killed, "look", tools={**TOOLS, "look": "x" * 3_000_000})
    assert max(killed[0].process.offload.sizes) >= 3_000_000
    (run, _) = await world.runs_of()
    assert run.kept is not None
    assert 100_000 < run.kept.size < 140_000


async def test_results_that_exceed_the_models_room_are_omitted(world, killed):
    await kill(world, killed, "look", tools={**TOOLS, "look": "x" * 100_000})
    process = world.process(said("Yes"))
    small = replace(MODEL, context_length=8_000)
    async for _ in process.run_turn.run(SECOND, models=(small,), personal=process.personal(None)):
        pass
    await process.run_turn.drained()
    assert "Output left out" in str(process.responses.calls[-1].request.body.input)


# --- turns that came to their end -----------------------------------------------------------------------------


async def whole_turn(world: World) -> Process:
    process = world.process(round_of("look"), said("Here."), said("Yes"))
    await process.ask(FIRST, ScriptedToolbox(TOOLS))
    return process


async def test_turn_that_ended_is_not_reported_in_its_process(world):
    process = await whole_turn(world)
    history = (WHY, {"role": "assistant", "content": "Here."}, AND)
    sent = told(await process.ask(asked(*history, message="m-2", parent="m-1")))
    assert [one for one in sent if one[0] != "call"][-1] == Q2
    assert process.chats.lines == 0
    assert str(sent).count("found") <= 1


async def test_turn_that_ended_is_settled_once_the_host_must_have_stored_its_answer(world):
    process = await whole_turn(world)
    assert await world.finished() == ["look"]
    process.clock.advance(HOST_SECONDS + 1)
    process.responses._scripts[:] = [round_of("send"), said("Yes")]
    again = asked(WHY, {"role": "assistant", "content": "Here."}, AND, message="m-2", parent="m-1")
    await process.ask(again, ScriptedToolbox(TOOLS))
    assert await world.finished() == ["send"]


async def test_turn_the_history_names_is_restored_once_and_settled_then(world):
    await whole_turn(world)
    shown = {"id": f"call_{TURN}_0", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    history = (
        WHY,
        {"role": "assistant", "content": "", "tool_calls": [shown]},
        {"role": "tool", "tool_call_id": shown["id"], "content": "found"},
        {"role": "assistant", "content": "Here."},
        AND,
    )
    sent = told(await world.process(said("Yes")).ask(asked(*history, message="m-2", parent="m-1")))
    assert sent == [Q1, *LOOKED, ("assistant", "Here."), Q2]
    assert await world.finished() == []


async def test_finished_turn_whose_answer_the_host_lost_is_reported(world):
    await whole_turn(world)
    assert told(await world.process(said("Yes")).ask(SECOND)) == [Q1, *LOOKED, Q2]


async def test_turn_that_could_not_be_stored_is_never_settled(world):
    world.store.trouble = ArtifactsUnavailable("locked")
    process = await whole_turn(world)
    process.clock.advance(HOST_SECONDS + 1)
    world.store.trouble = None
    process.responses._scripts[:] = [said("Yes")]
    await process.ask(asked(WHY, AND, message="m-2", parent="m-1"), ScriptedToolbox(TOOLS))
    assert await world.finished() == ["look"]
