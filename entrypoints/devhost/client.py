"""Call a running host over HTTP as one signed-in person: models, chats, running tasks."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.waiting import POLL_SECONDS, deadline

REQUEST_SECONDS = 180.0
"""Seconds; long enough for a host that runs the package installer while it saves a function."""

Json = Any
"""The JSON of a host's answer, opaque."""


class HostRefused(DevhostError):
    """The host answered a request with an error status."""

    def __init__(self, what: str, status: int, detail: str) -> None:
        super().__init__(f"{what}: the host answered {status}: {detail}")
        self.status, self.detail = status, detail


@dataclass(frozen=True, slots=True)
class Account:
    """A signed-in person. Reuse this value: a host allows only 15 sign-ins in 3 minutes."""

    id: str
    email: str
    role: str
    token: str = field(repr=False)


class HostClient:
    """An HTTP session with the host at `url`; open it with `async with`, on the event loop that uses it."""

    def __init__(self, url: str, account: Account | None = None) -> None:
        self.url = url
        self.version = ""
        self._account = account
        self._http: ClientSession | None = None

    async def __aenter__(self) -> Self:
        # A busy host may close an idle connection just when we reuse it, so every request opens its own.
        connector = TCPConnector(limit=0, force_close=True)
        self._http = ClientSession(connector=connector, timeout=ClientTimeout(total=REQUEST_SECONDS), trust_env=False)
        self.version = str((await self.request("GET", "/api/version"))["version"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    @property
    def http(self) -> ClientSession:
        """Return the open session, for requests that read a stream."""
        if self._http is None:
            raise DevhostError("the client is used outside of its `async with`")
        return self._http

    @property
    def account(self) -> Account:
        """Return the signed-in person. Raises DevhostError if there is none."""
        if self._account is None:
            raise DevhostError("no account is signed in")
        return self._account

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that authenticate the person."""
        return {"Authorization": f"Bearer {self._account.token}"} if self._account else {}

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the host's version as numbers, for comparisons."""
        return _numbers(self.version)

    def at_least(self, version: str) -> bool:
        """Return whether the host is `version` or newer."""
        return self.numbers >= _numbers(version)

    async def request(
        self, method: str, path: str, body: Json = None, *, query: Mapping[str, str] | None = None
    ) -> Json:
        """Send one request and return the JSON of the answer. Raises HostRefused on an error status."""
        what = f"{method} {path}"
        try:
            async with self.http.request(
                method, self.url + path, json=body, params=query, headers=self.headers
            ) as answer:
                text = await answer.text()
                if answer.status >= 400:
                    raise HostRefused(what, answer.status, _detail_of(text))
        except (ClientError, TimeoutError) as error:
            raise DevhostError(f"{what}: no answer from the host ({type(error).__name__})") from error
        return json.loads(text) if text else None

    async def sign_up(self, *, name: str, email: str, password: str) -> Account:
        """Create an account and use it from now on; a host's first account is the administrator."""
        form = {"name": name, "email": email, "password": password}
        self._account = _account_of(await self.request("POST", "/api/v1/auths/signup", form))
        return self._account

    async def sign_in(self, *, email: str = "", password: str = "") -> Account:
        """Sign in. On a host without login, two empty arguments sign in as the administrator."""
        form = {"email": email, "password": password}
        self._account = _account_of(await self.request("POST", "/api/v1/auths/signin", form))
        return self._account

    async def models(self, *, refresh: bool = False) -> list[Json]:
        """Return the models that this person sees, as the page gets them."""
        query = {"refresh": "true"} if refresh else None
        return list((await self.request("GET", "/api/models", query=query))["data"])

    async def model_ids(self, *, refresh: bool = False) -> list[str]:
        """Return the ids of the models that this person sees, in the order of the list."""
        return [str(model["id"]) for model in await self.models(refresh=refresh)]

    async def wait_for_model(self, wanted: Callable[[str], bool], *, seconds: float = 30.0) -> str:
        """Request the list until it contains an id that `wanted` accepts, and return the first such id."""
        async with deadline(seconds, "the model list did not contain the wanted entry"):
            while True:
                for model_id in await self.model_ids():
                    if wanted(model_id):
                        return model_id
                await asyncio.sleep(POLL_SECONDS * 4)

    async def chat(self, chat_id: str) -> Json:
        """Return a stored chat: `title` and `chat.history.messages` by message id."""
        return await self.request("GET", f"/api/v1/chats/{chat_id}")

    async def stored_message(self, chat_id: str, message_id: str) -> dict[str, Json]:
        """Return one message of a stored chat."""
        return dict((await self.chat(chat_id))["chat"]["history"]["messages"][message_id])

    async def running_tasks(self, chat_id: str) -> list[str]:
        """Return the ids of a chat's running tasks: first the answer, then its background tasks."""
        return list((await self.request("GET", f"/api/tasks/chat/{chat_id}"))["task_ids"])

    async def wait_until_idle(self, chat_id: str, *, seconds: float = 30.0) -> None:
        """Wait until no task of a chat runs; from 0.12 on the task for the first title is not included."""
        async with deadline(seconds, f"chat {chat_id} did not become idle"):
            while await self.running_tasks(chat_id):
                await asyncio.sleep(POLL_SECONDS)

    async def stop_chat(self, chat_id: str) -> None:
        """Press the stop button; return after the host has stopped the answer."""
        if self.at_least("0.10"):
            await self.request("POST", f"/api/tasks/chat/{chat_id}/stop")
            return
        for task_id in await self.running_tasks(chat_id):
            await self.request("POST", f"/api/tasks/stop/{task_id}")


def _account_of(answer: Json) -> Account:
    return Account(
        id=str(answer["id"]), email=str(answer["email"]), role=str(answer["role"]), token=str(answer["token"])
    )


def _detail_of(text: str) -> str:
    try:
        body = json.loads(text)
    except ValueError:
        return text[:300]
    detail = body.get("detail", body) if isinstance(body, dict) else body
    return detail if isinstance(detail, str) else json.dumps(detail)[:300]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
