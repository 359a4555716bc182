"""Models that only draw, in a real host: chosen in the picker, a message becomes a picture that stays in the chat."""

import json
import re
from base64 import b64decode

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.records import RequestRecord
from tests.hosts.installed import FUNCTION_ID, InstalledHost, fresh

pytestmark = pytest.mark.host

MODEL, CHAT_MODEL = f"{FUNCTION_ID}.sim/images", f"{FUNCTION_ID}.sim/pictures"
INLINE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
STORED = re.compile(r"/api/v1/files/([\w-]+)/content")


def drawn(host: InstalledHost, words: str) -> list[RequestRecord]:
    calls = [record for record in host.simulator.records if record.path.endswith("/images")]
    return [record for record in calls if words in json.dumps(record.body)]


async def pictures(client: HostAdmin, message: object) -> list[bytes]:
    """Return the pictures of a message, once each: those in its text, and those that the host stores."""
    said = json.dumps(message)
    found = [b64decode(data) for data in INLINE.findall(said)]
    for file_id in dict.fromkeys(STORED.findall(said)):
        async with client.http.get(f"{client.url}/api/v1/files/{file_id}/content", headers=client.headers) as answer:
            found.append(await answer.read())
    return list(dict.fromkeys(found))


async def test_a_message_to_a_model_that_only_draws_becomes_a_picture(
    client: HostAdmin, page: BrowserSession, host: InstalledHost
) -> None:
    assert {MODEL, CHAT_MODEL} <= set(await client.model_ids())
    words = fresh("A red bridge")
    turn = await page.send(words, model=MODEL, background=("title_generation", "tags_generation"))
    assert turn.shown.error is None
    assert await pictures(client, turn.message) == [b64decode(png_base64(8))]
    (record,) = drawn(host, words)
    assert record.body["prompt"] == words
    assert host.asked(words) == []  # nothing was asked for a title


async def test_the_next_message_is_drawn_without_the_words_before_it(
    client: HostAdmin, page: BrowserSession, host: InstalledHost
) -> None:
    first, second = fresh("A fish"), fresh("A red bridge")
    turn = await page.send(first, model=MODEL)
    again = await page.send(second, chat=turn)
    assert again.shown.error is None
    assert await pictures(client, again.message) == [b64decode(png_base64(8))]
    assert [record.body["prompt"] for record in drawn(host, second)] == [second]


async def test_options_of_a_client_reach_upstream(client: HostAdmin, host: InstalledHost) -> None:
    words = fresh("A red bridge")
    _, answer = await plain_chat(client, MODEL, words, body={"n": 2, "size": "1024x1024", "quality": "high"})
    shown = await pictures(client, answer["choices"][0]["message"])
    assert shown == [b64decode(png_base64(8)), b64decode(png_base64(9))]
    (record,) = drawn(host, words)
    options = {name: record.body.get(name) for name in ("n", "aspect_ratio", "quality")}
    assert options == {"n": 2, "aspect_ratio": "1:1", "quality": "high"}
