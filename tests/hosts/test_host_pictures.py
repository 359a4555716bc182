"""Pictures that models and tools make are files of the person in every host, and no chat contains them as data."""

import asyncio
import json
import re
from base64 import b64decode

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat, stream_chat
from entrypoints.devhost.turn import Turn
from entrypoints.simulator.pictures import png_base64
from entrypoints.simulator.scenarios.streams import AFTER, BEFORE
from tests.hosts.installed import InstalledHost, fresh
from tests.hosts.test_host_callers import _asked, _automated, _channel
from tests.hosts.tooled import install_tools, order, with_tools

pytestmark = pytest.mark.host

DRAWING = "openrouter.sim/drawing"
FILE = re.compile(r"!\[image\]\(/api/v1/files/([\w-]+)/content\)")
DATA = "data:image/png;base64,"


async def files_of(client: HostAdmin) -> list[str]:
    """Return the ids of the person's files."""
    listed = await client.request("GET", "/api/v1/files/", query={"content": "false"})
    entries = listed["items"] if isinstance(listed, dict) else listed
    return [str(entry["id"]) for entry in entries]


async def content_of(client: HostAdmin, file_id: str) -> bytes:
    """Return the bytes that the host serves of a file."""
    async with client.http.get(f"{client.url}/api/v1/files/{file_id}/content", headers=client.headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/png"
        return await answer.read()


async def chat_text(client: HostAdmin, turn: Turn) -> str:
    """Return all of a stored chat as text."""
    return json.dumps(await client.chat(turn.chat_id))


async def test_a_drawn_picture_is_stored_once_and_stands_between_the_texts(
    page: BrowserSession, client: HostAdmin
) -> None:
    before = await files_of(client)
    turn = await page.send("draw a bridge", model=DRAWING)
    (file_id,) = FILE.findall(turn.stored_text)
    assert turn.stored_text.split() == [*BEFORE.split(), f"![image](/api/v1/files/{file_id}/content)", *AFTER.split()]
    assert f"![image](/api/v1/files/{file_id}/content)" in turn.stored_text.splitlines()
    assert turn.text_shown == turn.stored_text
    assert set(await files_of(client)) - set(before) == {file_id}
    assert await content_of(client, file_id) == b64decode(png_base64(8))
    assert DATA not in await chat_text(client, turn)


async def test_the_chat_goes_on_after_a_picture_and_no_data_goes_upstream_as_text(
    page: BrowserSession, host: InstalledHost
) -> None:
    words = fresh("and now?")
    turn = await page.send("draw a bridge", model=DRAWING)
    again = await page.send(words, chat=turn, model="openrouter.sim/echo")
    assert again.shown.error is None
    (record,) = host.asked(words)
    said = json.dumps([item for item in record.body["input"] if item.get("role") == "assistant"])
    assert BEFORE in said
    assert DATA not in said


async def test_pictures_of_tools_are_files_beside_the_answer(page: BrowserSession, client: HostAdmin) -> None:
    await install_tools(client)
    lines = f"{fresh('Return a picture.')}\n{order('return_image')}"
    turn = await page.send(lines, model="openrouter.sim/thoughtful-tools", options=with_tools())
    shown = turn.message.get("files") or turn.shown.files
    (url,) = {file["url"] for file in shown}
    assert await content_of(client, url.split("/")[4])
    assert DATA not in await chat_text(client, turn)


async def test_documents_of_tools_are_files_beside_the_answer(page: BrowserSession, client: HostAdmin) -> None:
    await install_tools(client)
    lines = f"{fresh('Return a document.')}\n{order('return_document')}"
    turn = await page.send(lines, model="openrouter.sim/thoughtful-tools", options=with_tools())
    (file,) = turn.shown.files
    assert (file["type"], file["name"]) == ("file", "file.pdf")
    async with client.http.get(f"{client.url}/api/v1/files/{file['id']}/content", headers=client.headers) as answer:
        assert await answer.read() == b"%PDF-1.4 \xff"
    assert "[file file.pdf application/pdf]" in turn.stored_text


async def test_a_temporary_chat_leaves_no_file(page: BrowserSession, client: HostAdmin) -> None:
    before = await files_of(client)
    turn = await page.send("draw a bridge", model=DRAWING, temporary=True)
    assert f"![image]({DATA}" in turn.text_shown
    assert await files_of(client) == before


async def test_api_clients_get_the_picture_itself(client: HostAdmin) -> None:
    before = await files_of(client)
    streamed = await stream_chat(client, DRAWING)
    _, answer = await plain_chat(client, DRAWING)
    for text in (streamed.text, answer["choices"][0]["message"]["content"]):
        assert text == f"{BEFORE}\n\n![image]({DATA}{png_base64(8)})\n\n{AFTER}"
    assert await files_of(client) == before


async def test_another_person_does_not_see_the_picture(
    page: BrowserSession, client: HostAdmin, host: InstalledHost
) -> None:
    turn = await page.send("draw a bridge", model=DRAWING)
    (file_id,) = FILE.findall(turn.stored_text)
    form = {"name": "Other", "email": f"{fresh('other').replace(' ', '')}@example.com", "password": "Pass-word-1"}
    made = await client.request("POST", "/api/v1/auths/add", {**form, "role": "user"})
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with client.http.get(f"{host.url}/api/v1/files/{file_id}/content", headers=headers) as answer:
        assert answer.status == 404


async def test_a_channel_shows_the_picture_to_its_members_as_a_file(client: HostAdmin) -> None:
    if not client.at_least("0.11"):
        return  # earlier channels call the pipe as an API client does, or show every answer empty
    async with _channel(client) as channel:
        answer = await _asked(client, channel, DRAWING, fresh("draw"))
        (file_id,) = FILE.findall(answer["content"])
        assert await content_of(client, file_id)
        if client.at_least("0.12"):
            stored = await client.request("GET", f"/api/v1/files/{file_id}")
            assert stored["meta"]["data"] == {"channel_id": channel}


async def test_an_automation_leaves_the_picture_as_a_file(client: HostAdmin) -> None:
    if not client.at_least("0.9"):
        return
    done = await _automated(client, DRAWING, fresh("draw"))
    await asyncio.sleep(0)
    await client.wait_until_idle(done["chat_id"])  # up to 0.11 a run is recorded as it begins
    text = json.dumps(await client.chat(done["chat_id"]))
    assert FILE.search(text)
    assert DATA not in text
