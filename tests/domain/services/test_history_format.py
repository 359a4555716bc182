"""The format of the caller's history reaches every step of a turn: fingerprints, lookup, replay."""

import pytest

from domain.conversation.history_format import PLAIN, HistoryFormat
from domain.request.turn_request import Remembering
from entrypoints.openwebui.history_format import OPEN_WEBUI
from ports.json_values import JsonObject
from tests.domain.services.crash import World, asked, question
from tests.domain.services.stage import said
from tests.domain.turn.talk import completed, done, message, thought

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
STORED = "A tag: <think>hm</think> Yes."
STRIPPED = "A tag: Yes."


def answer(text: str) -> JsonObject:
    return {"role": "assistant", "content": text}


async def sent_again(
    history_format: HistoryFormat, returned: str, *, earlier: str = STORED, references: bool = False
) -> list[object]:
    """Ask two questions, the second with the history; return the last answer in it as it is sent upstream.

    `earlier`: the answer before the first question, as the second history contains it; `returned`: the first answer.
    """
    world, memory = World(), Remembering("pipe", references=references)
    begin = [question("Hello?"), answer(STORED), question("Why?")]
    first = asked(*begin, turn=TURN, memory=memory, history_format=history_format)
    await world.process([[*done(thought("Hm"), message(STORED)), completed()]]).ask(first)
    history = [question("Hello?"), answer(earlier), question("Why?"), answer(returned), question("And?")]
    second = asked(*history, message="m-2", parent="m-1", memory=memory, history_format=history_format)
    items = await world.process(said("Well.")).ask(second)
    return [item["content"] for item in items if item.get("role") == "assistant"][-1:]


@pytest.mark.parametrize("references", [False, True])
@pytest.mark.parametrize("earlier", [STORED, STRIPPED])
@pytest.mark.parametrize("returned", [STORED, STRIPPED])
async def test_turn_is_recognised_whether_or_not_a_host_strips_its_text(
    returned: str, earlier: str, references: bool
) -> None:
    assert await sent_again(OPEN_WEBUI, returned, earlier=earlier, references=references) == [STORED]


@pytest.mark.parametrize(("returned", "sent"), [(STORED, STORED), (STRIPPED, STRIPPED)])
async def test_text_of_other_entrypoints_is_compared_and_sent_unchanged(returned: str, sent: str) -> None:
    assert await sent_again(PLAIN, returned) == [sent]
