"""Files that tests attach, and what upstream got of them."""

import asyncio
import wave
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from aiohttp import FormData

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.client import HostClient
from entrypoints.devhost.waiting import POLL_SECONDS, deadline
from entrypoints.simulator.pictures import tinted_png_base64
from entrypoints.simulator.prompts import read_responses
from entrypoints.simulator.records import RequestRecord
from entrypoints.simulator.scenarios.echoes import task_answer
from tests.hosts.installed import InstalledHost, install

DIRECT = "direct"
"""The function with direct uploads."""
ROWS_SECONDS = 120.0
SIDE = 64
_PAGE = b"/MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>"


def png(colour: str) -> bytes:
    """Return a picture of one colour, which is made of a word."""
    return b64decode(tinted_png_base64(colour.encode(), SIDE))


def wav() -> bytes:
    """Return a tenth of a second of sound."""
    made = BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * 800)
    return made.getvalue()


def pdf(text: str) -> bytes:
    """Return a document of one page with one line of plain text."""
    line = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R " + _PAGE + b" >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(line), line),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(places)
    end = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    return made + table + end


def asked_once(host: InstalledHost, words: str) -> RequestRecord:
    """Return the only request for an answer to a message with these words; the host's own tasks are none."""
    records = [one for one in host.asked(words) if task_answer(read_responses(one.body).text) is None]
    (record, *_) = [one for one in records if words in str(_persons(one)[-1])]
    return record


def parts_of(record: RequestRecord, kind: str) -> list[dict[str, Any]]:
    """Return all parts of one kind in the messages of persons."""
    contents = [item["content"] for item in _persons(record) if isinstance(item["content"], list)]
    return [part for content in contents for part in content if part["type"] == kind]


def content_of(part: dict[str, Any]) -> tuple[str, bytes]:
    """Return the MIME type or format of a medium, and its bytes."""
    if part["type"] == "input_audio":
        return part["input_audio"]["format"], b64decode(part["input_audio"]["data"], validate=True)
    head, _, data = str(part.get("image_url") or part.get("file_data")).partition(",")
    return head.removeprefix("data:").removesuffix(";base64"), b64decode(data, validate=True)


@contextmanager
def with_direct_uploads(host: InstalledHost, *models: str) -> Iterator[None]:
    """Install the function once more, with direct uploads, and wait until the rows of its models leave them files.

    Models besides `sim/media` play it too.
    """
    for model in models:
        host.simulator.set_override(model, "sim/media")
    asyncio.run(_install(host, "sim/media", *models))
    yield
    asyncio.run(_delete(host))
    for model in models:
        host.simulator.set_override(model, None)


def leaves_files_to_models(host: InstalledHost) -> bool:
    """Return whether the host can."""
    return not host.server.version.startswith(("0.6.", "0.7."))


async def _install(host: InstalledHost, *models: str) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        await install(admin, host.source, {**host.valves, "DIRECT_UPLOADS": True}, function_id=DIRECT)
        async with deadline(ROWS_SECONDS, "the rows do not leave files to the models"):
            while leaves_files_to_models(host) and not await _are_left(admin, *models):
                await asyncio.sleep(POLL_SECONDS)


async def _are_left(admin: HostAdmin, *models: str) -> bool:
    listed = {model["id"]: model.get("info") or {} for model in await admin.models()}
    infos = [listed[f"{DIRECT}.{model}"] for model in models]
    boxes = [((info.get("meta") or {}).get("capabilities") or {}) for info in infos]
    return all(box.get("file_context") is False for box in boxes)


async def _delete(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        await admin.delete_function(DIRECT)


async def upload(client: HostClient, name: str, content: bytes, mime: str) -> str:
    """Store a file as its person, as the page does; return its id."""
    form = FormData()
    form.add_field("file", content, filename=name, content_type=mime)
    address = f"{client.url}/api/v1/files/?process=false"
    async with client.http.post(address, data=form, headers=client.headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


def _persons(record: RequestRecord) -> list[dict[str, Any]]:
    return [item for item in record.body["input"] if item.get("role") == "user"]
