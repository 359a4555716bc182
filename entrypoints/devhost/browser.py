"""Send messages as the page in a browser does: over a socket, with stored chats, and with the page's own requests."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from uuid import uuid4

from socketio import AsyncClient
from socketio.exceptions import SocketIOError

from entrypoints.devhost.client import HostClient, Json
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.forms import (
    ChatHistory,
    TurnOptions,
    completed_form,
    completion_form,
    new_chat_form,
    saved_chat,
    temporary_chat_id,
)
from entrypoints.devhost.turn import TURN_SECONDS, Turn


class BrowserSession:
    """One open tab of the person signed in at `client`; use it with `async with`.

    `answers` maps the questions that a function may send to the browser (`input`, `confirmation`, `execute` …) to
    their answers. Hosts before 0.12 repeat the whole text with each delta: for very long answers set
    `keep_data=False`, which keeps only time and kind of each event.
    """

    def __init__(
        self, client: HostClient, *, answers: Mapping[str, Json] | None = None, keep_data: bool = True
    ) -> None:
        self.client = client
        self.keep_data = keep_data
        self.answers = dict(answers or {})
        self._socket = AsyncClient(reconnection=False)
        self._turns: dict[str, Turn] = {}
        self._server_owns = False

    async def __aenter__(self) -> Self:
        self._server_owns = self.client.at_least("0.10")
        self._socket.on("events" if self.client.at_least("0.7") else "chat-events", self._on_event)
        token = self.client.account.token
        try:
            await self._socket.connect(
                self.client.url, socketio_path="/ws/socket.io", auth={"token": token}, transports=["websocket"]
            )
            await self._socket.call("user-join", {"auth": {"token": token}})
        except SocketIOError as error:
            raise DevhostError(f"the host refused the browser's socket ({type(error).__name__})") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.disconnect()
        await self._socket.eio.wait()

    @property
    def session_id(self) -> str:
        """Return the host's id of this tab."""
        return str(self._socket.get_sid())

    async def send(
        self,
        text: str,
        *,
        model: str | None = None,
        chat: Turn | None = None,
        wait: bool = True,
        options: TurnOptions | None = None,
        background: tuple[str, ...] = (),
        seconds: float = TURN_SECONDS,
        temporary: bool = False,
        files: Sequence[Json] = (),
    ) -> Turn:
        """Send one message into a new chat, or below the answer `chat`. A new chat may be `temporary`.

        `files` are attached to the message, as entries of the page's own list.

        An existing chat may leave `model` out. `background` names the background tasks to request; `options` holds
        more choices and overrides it. With `wait`, return after the answer is complete and read back from the host.
        """
        turn = self._begin(text, model=model, chat=chat, files=files)
        if temporary and chat is None:
            turn.history.temporary = True
            turn.history.chat_id = temporary_chat_id(self.session_id, self.client.numbers)
        options = options or TurnOptions(background=background)
        if not self._server_owns:
            await self._save(turn.history)
        form = completion_form(turn.history, options, session_id=self.session_id, server_owns=self._server_owns)
        turn.sent_at = time.perf_counter()
        answer = await self.client.request("POST", "/api/chat/completions", form)
        turn.history.chat_id = turn.history.chat_id or str(answer["chat_id"])
        if wait:
            await turn.finish(seconds=seconds)
        return turn

    async def close_turn(self, turn: Turn) -> None:
        """Copy the shown answer into the history and, up to 0.8, report and save it as the page does."""
        turn.history.messages[turn.answer_id] |= turn.shown.stored_form()
        if self._server_owns or turn.shown.stopped:
            return
        await self.client.request(
            "POST", "/api/chat/completed", completed_form(turn.history, session_id=self.session_id)
        )
        await self._save(turn.history)

    def _begin(self, text: str, *, model: str | None, chat: Turn | None, files: Sequence[Json]) -> Turn:
        if chat is None and model is None:
            raise DevhostError("a new chat needs a model")
        if chat is not None:
            self._refuse_after_error(chat)
        history = chat.history if chat else ChatHistory(model or "")
        history.model = model or history.model
        user_id, answer_id = str(uuid4()), str(uuid4())
        history.add_turn(text, user_id=user_id, answer_id=answer_id, files=files)
        turn = Turn(self, history, user_id=user_id, answer_id=answer_id)
        self._turns |= {user_id: turn, answer_id: turn}
        return turn

    def _refuse_after_error(self, turn: Turn) -> None:
        """Raise DevhostError after an error without text: the page sends no message then. Pages before 0.12 behave so;
        from 0.10 on only after the chat was loaded again.
        """
        content = turn.message.get("content") if self._server_owns else turn.shown.content
        if turn.shown.error and not content and not self.client.at_least("0.12"):
            raise DevhostError("the page sends no further message: the last answer is an error without text")

    async def _save(self, history: ChatHistory) -> None:
        if history.temporary:
            return
        if history.chat_id is None:
            stored = await self.client.request("POST", "/api/v1/chats/new", new_chat_form(history))
            history.chat_id = str(stored["id"])
        else:
            path = f"/api/v1/chats/{history.chat_id}"
            await self.client.request("POST", path, {"chat": saved_chat(history)})

    async def _on_event(self, payload: dict[str, Json]) -> Json:
        event = payload.get("data") or {}
        kind = str(event.get("type", ""))
        turn = self._turns.get(str(payload.get("message_id")))
        if turn is not None:
            turn.take(kind, event.get("data"))
        return self.answers.get(kind)
