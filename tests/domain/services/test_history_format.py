"""The format of the caller's history reaches every step of a turn: fingerprints, lookup, replay."""

import pytest

from domain.conversation.history_format import PLAIN, HistoryFormat
from domain.request.turn_request import Remembering
from entrypoints.openwebui.history_format import OPEN_WEBUI
from tests.domain.services.crash import World, asked, question
from tests.domain.services.stage import said
from tests.domain.turn.talk import completed, done, message, thought

TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
MEMORY = Remembering("pipe")
STORED = "A tag: <think>hm</think> Yes."
STRIPPED = "A tag: Yes."


async def sent_again(history_format: HistoryFormat, returned: str) -> list[object]:
    """Answer a question, return the answer with the next question, and return the assistant texts sent upstream."""
    world = World()
    first = asked(question("Why?"), turn=TURN, memory=MEMORY, history_format=history_format)
    await world.process([[*done(thought("Hm"), message(STORED)), completed()]]).ask(first)
    history = (question("Why?"), {"role": "assistant", "content": returned}, question("And?"))
    second = asked(*history, message="m-2", parent="m-1", memory=MEMORY, history_format=history_format)
    items = await world.process(said("Well.")).ask(second)
    return [item["content"] for item in items if item.get("role") == "assistant"]


@pytest.mark.parametrize(
    ("history_format", "returned"), [(OPEN_WEBUI, STRIPPED), (OPEN_WEBUI, STORED), (PLAIN, STORED)]
)
async def test_turn_is_recognised_by_the_words_that_the_format_leaves(
    history_format: HistoryFormat, returned: str
) -> None:
    assert await sent_again(history_format, returned) == [STORED]


async def test_turn_is_not_recognised_by_words_that_the_format_does_not_strip() -> None:
    assert await sent_again(PLAIN, STRIPPED) == [STRIPPED]
