"""What may not or cannot be sent of the media in a message, in real hosts: left out and named, the rest arrives."""

import json
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import uuid4

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.chat import plain_chat
from entrypoints.devhost.client import Account, HostClient, Json
from tests.hosts.attached import (
    DIRECT,
    asked_once,
    content_of,
    leaves_files_to_models,
    parts_of,
    pdf,
    png,
    upload,
    with_direct_uploads,
)
from tests.hosts.installed import FUNCTION_ID, InstalledHost, fresh
from tests.hosts.tooled import settings

pytestmark = pytest.mark.host

MODEL = f"{FUNCTION_ID}.sim/media"
NOT_FOUND = "it was not found among the person's files"
NOT_ALLOWED = "its address may not be opened"
DAMAGED = "it is damaged or incomplete"
UNKNOWN = "it is in a form that cannot be sent"


@pytest.fixture
async def person(client: HostAdmin) -> AsyncIterator[HostClient]:
    """Yield the session of a person without rights, who may use the model."""
    await client.publish_models([MODEL])
    email = f"{uuid4().hex[:10]}@example.com"
    account: Account = await client.add_user(name="Ann", email=email, password="Pass-word-2")
    async with HostClient(client.url, account) as session:
        yield session


@pytest.fixture(scope="module")
def direct(host: InstalledHost) -> Iterator[None]:
    with with_direct_uploads(host):
        yield


def forms_of(host: InstalledHost, file_id: str) -> list[Json]:
    """Return every way to name a file of the host in a message."""
    path = f"/api/v1/files/{file_id}/content"
    pictures = (file_id,) if opens_pictures_itself(host) else (file_id, path, f"{host.url}{path}")
    return [
        *({"type": "image_url", "image_url": {"url": url}} for url in pictures),
        *({"type": "file", "file": {"file_id": url}} for url in (file_id, path)),
        {"type": "file", "file": {"file_url": f"{host.url}{path}"}},
    ]


def opens_pictures_itself(host: InstalledHost) -> bool:
    """Return whether the host reads pictures before it calls a function: by their id for everybody, and links.

    So do 0.7 and 0.8. Of what they cannot read, no address and no name is left.
    """
    return host.server.version.startswith(("0.7.", "0.8."))


async def test_own_files_arrive_in_every_form(person: HostClient, host: InstalledHost) -> None:
    words, mine = fresh("What is this?"), png(uuid4().hex)
    file_id = await upload(person, "mine.png", mine, "image/png")
    await ask(person, words, *forms_of(host, file_id))
    record = asked_once(host, words)
    sent = [content_of(part) for kind in ("input_image", "input_file") for part in parts_of(record, kind)]
    assert sent == [("image/png", mine)] * len(forms_of(host, file_id))


async def test_files_of_another_person_never_leave_the_host(
    client: HostAdmin, person: HostClient, host: InstalledHost
) -> None:
    secret = png(uuid4().hex)
    file_id = await upload(client, "secret.png", secret, "image/png")
    for form in forms_of(host, file_id)[opens_pictures_itself(host) :]:
        words = fresh("What is this?")
        await ask(person, words, form)
        sent = json.dumps(asked_once(host, words).body)
        assert NOT_FOUND in sent
        assert b64encode(secret).decode() not in sent


async def test_another_persons_picture_in_a_message_of_the_page_is_named(
    client: HostAdmin, person: HostClient, host: InstalledHost
) -> None:
    if opens_pictures_itself(host):
        return
    secret, words = png(uuid4().hex), fresh("What is this?")
    file_id = await upload(client, "secret.png", secret, "image/png")
    file = {"type": "image", "id": file_id, "url": file_id, "name": "stolen.png", "content_type": "image/png"}
    async with BrowserSession(person) as tab:
        turn = await tab.send(words, model=MODEL, files=[file])
    assert turn.stored_text == "I got no media."
    (line,) = [line for line in (status["description"] for status in turn.statuses) if line and "Time: " in line]
    name = "a picture" if host.server.version.startswith("0.6.") else "stolen.png"
    assert line.startswith(f"Left out: {name} (not found among your files; attach it again). | ")
    assert b64encode(secret).decode() not in json.dumps(asked_once(host, words).body)


@pytest.mark.usefixtures("direct")
async def test_another_persons_document_is_named_and_stays(
    client: HostAdmin, person: HostClient, host: InstalledHost
) -> None:
    if not leaves_files_to_models(host):
        return
    model, words = f"{DIRECT}.sim/media", fresh("What is this?")
    await client.publish_models([model])
    secret = pdf(uuid4().hex)
    file_id = await upload(client, "secret.pdf", secret, "application/pdf")
    file = {"type": "file", "id": file_id, "url": file_id, "name": "stolen.pdf", "content_type": "application/pdf"}
    async with BrowserSession(person) as tab:
        turn = await tab.send(words, model=model, files=[file])
    assert turn.stored_text == "I got no media."
    assert any("Left out: stolen.pdf (not found among your files" in str(one) for one in turn.statuses)
    assert b64encode(secret).decode() not in json.dumps(asked_once(host, words).body)


async def test_what_cannot_be_sent_is_named_with_its_reason_and_the_rest_arrives(
    client: HostAdmin, host: InstalledHost
) -> None:
    good, words = png(uuid4().hex), fresh("What is this?")
    gone = await upload(client, "gone.png", good, "image/png")
    await client.request("DELETE", f"/api/v1/files/{gone}")
    with listener() as (port, callers):
        data = {
            data_url(good[:200]): DAMAGED,
            data_url(b"<!DOCTYPE html><html><body>Sign in</body></html>"): "there was a web page in its place",
            "data:image/png;base64,": "it is empty",
            "data:image/png;base64,%%%%": DAMAGED,
        }
        bad = {
            **data,
            "https://dead.invalid/x.png": "it could not be downloaded",
            f"http://127.0.0.1:{port}/x.png": NOT_ALLOWED,
            f"https://localhost:{port}/x.png": NOT_ALLOWED,
            f"http://0x7f000001:{port}/x.png": NOT_ALLOWED,
            "https://10.0.0.1/x.png": NOT_ALLOWED,
            "http://169.254.169.254/latest/meta-data/": NOT_ALLOWED,
            f"/api/v1/files/{gone}/content": NOT_FOUND,
            f"/api/v1/files/{uuid4()}/content": NOT_FOUND,
        }
        parts = [
            {"type": "image_url", "image_url": {"url": url}, "name": f"{number}.png"}
            for number, url in enumerate(bad, 10)
        ]
        async with settings(client, REMOTE_DOWNLOAD_MAX_RETRIES=0):
            await ask(client, words, *parts, {"type": "image_url", "image_url": {"url": data_url(good)}})
    record = asked_once(host, words)
    assert [content_of(part) for part in parts_of(record, "input_image")] == [("image/png", good)]
    said = [part["text"] for part in parts_of(record, "input_text")]
    assert words in said
    notes = [f"[image '{number}.png' left out: {why}]" for number, why in enumerate(bad.values(), 10)]
    if opens_pictures_itself(host):
        notes = [*notes[: len(data)], f"[image left out: {UNKNOWN}]"]
    assert [text for text in said if "left out" in text] == notes
    if not host.server.version.startswith("0.7."):  # which opens every link that it is sent
        assert callers == []


def data_url(content: bytes) -> str:
    return f"data:image/png;base64,{b64encode(content).decode()}"


async def ask(client: HostClient, words: str, *parts: Json) -> None:
    """Ask as an API client does, with media in the message."""
    content = [{"type": "text", "text": words}, *parts]
    status, answer = await plain_chat(client, MODEL, body={"messages": [{"role": "user", "content": content}]})
    assert status == 200, answer
    assert answer["choices"][0]["message"]["content"]


@contextmanager
def listener() -> Iterator[tuple[int, list[object]]]:
    """Listen on loopback; yield the port, and who connected."""
    callers: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        open_ = True

        def accept() -> None:
            while open_:
                try:
                    connection, caller = server.accept()
                except TimeoutError:
                    continue
                callers.append(caller)
                connection.close()

        thread = Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], callers
        finally:
            open_ = False
            thread.join()
