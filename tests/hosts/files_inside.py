"""The contract of Files inside a real host: its app, its database, its storage provider and its upload route.

`python -m tests.hosts.files_inside` runs in the interpreter of a host, whose settings are in the environment; it
serves the host on loopback, plays every case and prints failures.
"""

import asyncio
import faulthandler
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from aiohttp import FormData

from adapters.openwebui.file_rows import file_row
from adapters.openwebui.files import HostStorage, OpenWebUiFiles
from adapters.openwebui.host_functions import called
from adapters.openwebui.storage_account import AccountForm
from entrypoints.devhost.admin import EVERYBODY, HostAdmin
from entrypoints.devhost.client import Account, HostClient, HostRefused
from entrypoints.devhost.server import free_port
from ports.files import FileFlaw, FileNotSaved, FileUnavailable, NewFile
from tests.contracts import files_cases
from tests.contracts.files_cases import BIG, NOTE, PNG, flaw_of, saved
from tests.doubles.telemetry import RecordedTelemetry

FORM = AccountForm("openrouter-pipe@system.local", "OpenRouter Pipe Storage")
PASSWORD = "Pass-word-1"
CEILING_MB = 1
SETTINGS = {"OFFLINE_MODE": "true", "RAG_FILE_MAX_SIZE": str(CEILING_MB)}
"""What a host of this run needs in its environment."""
CASE_SECONDS, RUN_SECONDS = 90, 270
"""How long a case and the whole run may take; a run that takes longer prints where each thread is and ends."""


class RealHost:
    """A ground of the contract: people, their files and the host's own ways to share and lose them."""

    def __init__(self, url: str, app: Any, people: dict[str, Account]) -> None:
        self.url, self.people = url, people
        self._app = app
        self.provider = import_module("open_webui.storage.provider")
        self._files = import_module("open_webui.models.files").Files
        self.telemetry = RecordedTelemetry()

    def files(self, person: str) -> OpenWebUiFiles:
        """Return the files of a new turn, as another process would open them: nothing is shared with earlier ones."""
        person_id = self.people[person].id if person else ""
        own = frozenset({self.url.removeprefix("http://")})
        storage = HostStorage(self.telemetry)
        return OpenWebUiFiles(storage, person_id, self._request(), own=own, piece=64 * 1024, fallback=FORM)

    async def share(self, file_id: str, reader: str) -> None:
        """Put the file into a knowledge base that everybody may read."""
        module = import_module("open_webui.models.knowledge")
        access = {"access_grants": [EVERYBODY], "access_control": None}
        fields = module.KnowledgeForm.model_fields
        form = module.KnowledgeForm(name="Shared", description="", **{k: v for k, v in access.items() if k in fields})
        base = await called(module.Knowledges.insert_new_knowledge, self.people["root"].id, form)
        put = getattr(module.Knowledges, "add_file_to_knowledge_by_id", None)
        if put is None:
            await called(self._files.update_file_metadata_by_id, file_id, {"collection_name": base.id})
        else:
            await called(put, base.id, file_id, self.people["root"].id)

    async def lose(self, file_id: str) -> None:
        """Delete the bytes and keep the row."""
        row = await file_row(file_id)
        assert row is not None
        await asyncio.to_thread(self.provider.Storage.delete_file, row.path)

    async def forget_size(self, file_id: str) -> None:
        """Remove the size from the row."""
        await called(self._files.update_file_metadata_by_id, file_id, {"size": None})

    def copies(self) -> set[str]:
        """Return the names in the upload folder."""
        return {path.name for path in Path(self.provider.UPLOAD_DIR).iterdir()}

    def forget_copies(self) -> None:
        """Empty the upload folder, as on a replica that has stored nothing yet. Only for storage elsewhere."""
        for path in Path(self.provider.UPLOAD_DIR).iterdir():
            path.unlink()

    async def upload(self, person: str, file: NewFile) -> str:
        """Upload a file over HTTP, as the page does; return its id."""
        async with HostClient(self.url, self.people[person]) as client:
            form = FormData()
            form.add_field("file", file.content, filename=file.name, content_type=file.mime)
            address = f"{self.url}/api/v1/files/?process=false"
            async with client.http.post(address, data=form, headers=client.headers) as answer:
                assert answer.status == 200, await answer.text()
                return str((await answer.json())["id"])

    async def shown(self, person: str, address: str) -> tuple[int, bytes]:
        """Open an address of the host as a person."""
        async with (
            HostClient(self.url, self.people[person]) as client,
            client.http.get(f"{self.url}{address}", headers=client.headers) as answer,
        ):
            return answer.status, await answer.read()

    async def at_least(self, version: str) -> bool:
        """Return whether the host has this version or a later one."""
        async with HostClient(self.url) as client:
            return client.at_least(version)

    def _request(self) -> Any:
        scope = {
            "type": "http",
            "app": self._app,
            "method": "POST",
            "scheme": "http",
            "path": "/api/chat/completions",
            "query_string": b"",
            "headers": [(b"host", self.url.removeprefix("http://").encode())],
        }
        return import_module("starlette.requests").Request(scope)


async def an_uploaded_file_is_read_by_its_owner_and_administrators_only(host: RealHost) -> None:
    for file in (PNG, NOTE):
        file_id = await host.upload("ann", file)
        for person in ("ann", "root"):
            read = await host.files(person).read(file_id, BIG)
            assert read.content == file.content
            assert (read.facts.name, read.facts.mime, read.facts.size) == (file.name, file.mime, len(file.content))
        assert await flaw_of(host.files("bob").read(file_id, BIG)) is FileFlaw.FORBIDDEN


async def access_is_that_of_the_hosts_own_page(host: RealHost) -> None:
    kept, shared = await saved(host), await saved(host)
    await host.share(shared.file_id, "bob")
    for one in (kept, shared):
        for person in ("ann", "bob", "root"):
            status, content = await host.shown(person, one.url)
            try:
                read = (await host.files(person).read(one.file_id, BIG)).content
            except FileUnavailable:
                assert status >= 400
            else:
                assert (status, content) == (200, read)


async def a_saved_file_is_shown_by_the_hosts_page(host: RealHost) -> None:
    kept = await saved(host)
    assert await host.shown("ann", kept.url) == (200, PNG.content)
    assert (await host.shown("bob", kept.url))[0] >= 400


async def the_storage_account_is_made_once_and_nobody_signs_in_to_it(host: RealHost) -> None:
    await asyncio.gather(*(host.files("").save(NOTE) for _ in range(4)))
    users = import_module("open_webui.models.users").Users
    found = await called(users.get_user_by_email, FORM.email)
    assert (found.id, found.name, found.role) == (FORM.id, FORM.name, "pending")
    async with HostAdmin(host.url) as admin:
        for password in ("", PASSWORD, FORM.email):
            try:
                await admin.request("POST", "/api/v1/auths/signin", {"email": FORM.email, "password": password})
            except HostRefused:
                continue
            raise AssertionError("somebody signed in")
    assert host.telemetry.lines == []


async def the_limit_of_the_host_is_known_and_kept_by_hosts_from_0_10(host: RealHost) -> None:
    assert await host.files("ann").ceiling() == CEILING_MB * 1024 * 1024
    larger = NewFile("larger.bin", "application/octet-stream", b"x" * (CEILING_MB + 1) * 1024 * 1024)
    refused = ""
    try:
        await host.files("ann").save(larger)
    except FileNotSaved as error:
        refused = error.reason
    assert refused == ("HTTPException 413" if await host.at_least("0.10") else "")


async def reading_leaves_no_copy_that_was_not_there(host: RealHost) -> None:
    kept = await saved(host)
    row = await file_row(kept.file_id)
    assert row is not None
    if "://" in row.path:
        host.forget_copies()
    before = host.copies()
    files = host.files("ann")
    read = await asyncio.gather(*(files.read(kept.file_id, BIG) for _ in range(5)))
    assert {one.content for one in read} == {PNG.content}
    assert host.copies() == before


CASES: tuple[Callable[[RealHost], Awaitable[None]], ...] = (
    *(case for case in files_cases.CASES if case is not files_cases.no_limit_of_the_host_is_said_by_default),
    an_uploaded_file_is_read_by_its_owner_and_administrators_only,
    access_is_that_of_the_hosts_own_page,
    a_saved_file_is_shown_by_the_hosts_page,
    the_storage_account_is_made_once_and_nobody_signs_in_to_it,
    reading_leaves_no_copy_that_was_not_there,
    the_limit_of_the_host_is_known_and_kept_by_hosts_from_0_10,
)


async def _broken(host: RealHost) -> list[str]:
    broken = []
    for case in CASES:
        try:
            async with asyncio.timeout(CASE_SECONDS):
                await case(host)
        except Exception:  # noqa: BLE001 - the edge of the run: every failed case is reported
            broken.append(f"{case.__name__}: {traceback.format_exc()}")
    return broken


async def _play() -> None:
    uvicorn, app = import_module("uvicorn"), import_module("open_webui.main").app
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.wait((serving,), timeout=0.05)
        assert not serving.done(), "the host did not start"
    url = f"http://127.0.0.1:{port}"
    people = {}
    async with HostAdmin(url) as admin:
        people["root"] = await admin.sign_up(name="Root", email="root@example.com", password=PASSWORD)
    async with HostAdmin(url, people["root"]) as admin:
        for name in ("ann", "bob"):
            people[name] = await admin.add_user(name=name, email=f"{name}@example.com", password=PASSWORD)
    found = await _broken(RealHost(url, app, people))
    sys.stdout.write(f"\n{len(CASES) - len(found)} of {len(CASES)} cases passed\n" + "\n".join(found))
    sys.stdout.flush()
    os._exit(bool(found))  # here, while the loop runs: to close it means to wait for the host's tasks and threads


if __name__ == "__main__":
    faulthandler.dump_traceback_later(RUN_SECONDS, exit=True)
    asyncio.run(_play())
