"""Build the requests that the page sends for one message, in the format of each host version.

Up to 0.8 the page owns the chat: it creates and saves the chat and sends the whole history. From 0.10 on the server
owns it, and the page sends only the new message.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from entrypoints.devhost.client import Json

BLOCK = re.compile(r"<details\b(?P<attributes>[^>]*)>.*?</details>", re.DOTALL)
PATTERN = re.compile(r"\$([$&`'])")
FIRST_TURN_TASKS = ("title_generation", "tags_generation")
LATER_TASKS = ("follow_up_generation",)


@dataclass
class ChatHistory:
    """The messages of one chat as the page keeps them: by id, linked by parent. A `temporary` chat is never saved."""

    model: str
    chat_id: str | None = None
    temporary: bool = False
    messages: dict[str, dict[str, Json]] = field(default_factory=dict)
    current_id: str | None = None

    def add_turn(self, text: str, *, user_id: str, answer_id: str, files: Sequence[Json] = ()) -> None:
        """Append a question, with the files attached to it, and an empty answer below the current message."""
        now = int(time.time())
        parent = self.current_id
        if parent is not None:
            self.messages[parent]["childrenIds"].append(user_id)
        self.messages[user_id] = {
            "id": user_id,
            "parentId": parent,
            "childrenIds": [answer_id],
            "role": "user",
            "content": text,
            "timestamp": now,
            "models": [self.model],
            **({"files": list(files)} if files else {}),
        }
        self.messages[answer_id] = {
            "id": answer_id,
            "parentId": user_id,
            "childrenIds": [],
            "role": "assistant",
            "content": "",
            "model": self.model,
            "modelName": self.model,
            "modelIdx": 0,
            "timestamp": now,
        }
        self.current_id = answer_id

    def line(self) -> list[dict[str, Json]]:
        """Return the messages from the first to the current one."""
        found: list[dict[str, Json]] = []
        at = self.current_id
        while at is not None:
            found.append(self.messages[at])
            at = self.messages[at]["parentId"]
        return found[::-1]

    def is_first_turn(self) -> bool:
        """Return whether the current answer is the first one of the chat."""
        return len(self.line()) == 2


@dataclass(frozen=True, slots=True)
class TurnOptions:
    """A person's choices for a message; `background` None means the tasks that the page requests by default."""

    background: tuple[str, ...] | None = None
    params: Mapping[str, Json] = field(default_factory=dict)
    features: Mapping[str, Json] = field(default_factory=dict)
    tool_ids: tuple[str, ...] = ()
    body: Mapping[str, Json] = field(default_factory=dict)


def new_chat_form(history: ChatHistory) -> dict[str, Json]:
    """Return the body that creates a chat (hosts up to 0.8)."""
    chat = {**saved_chat(history), "id": "", "title": "New Chat", "tags": [], "timestamp": int(time.time() * 1000)}
    return {"chat": chat}


def saved_chat(history: ChatHistory) -> dict[str, Json]:
    """Return the chat as pages up to 0.8 save it."""
    return {
        "models": [history.model],
        "history": {"messages": history.messages, "currentId": history.current_id},
        "messages": history.line(),
        "params": {},
        "files": [],
    }


def completion_form(history: ChatHistory, options: TurnOptions, *, session_id: str, server_owns: bool) -> Json:
    """Return the body of `POST /api/chat/completions` for the current answer of `history`."""
    answer = history.messages[history.current_id or ""]
    question = history.messages[answer["parentId"]]
    form: dict[str, Json] = {
        "model": history.model,
        "stream": True,
        "params": dict(options.params),
        "tool_ids": list(options.tool_ids) or None,
        "tool_servers": [],
        "features": dict(options.features),
        "variables": {},
        "session_id": session_id,
        "chat_id": history.chat_id,
        "id": answer["id"],
        "background_tasks": _background_tasks(history, options),
        "files": [file for one in history.line() for file in one.get("files", ()) if not _is_picture(file)] or None,
        **(_server_fields(history, question) if server_owns else _client_fields(history, question)),
        **options.body,
    }
    return {name: value for name, value in form.items() if value is not None or name == "parent_id"}


def completed_form(history: ChatHistory, *, session_id: str) -> dict[str, Json]:
    """Return the body with which pages up to 0.8 report the end of an answer."""
    kept = ("id", "role", "content", "info", "timestamp", "usage", "sources")
    messages = [{name: message[name] for name in kept if name in message} for message in history.line()]
    return {
        "model": history.model,
        "messages": messages,
        "chat_id": history.chat_id,
        "session_id": session_id,
        "id": history.current_id,
    }


def _background_tasks(history: ChatHistory, options: TurnOptions) -> dict[str, bool]:
    names = options.background
    if names is None and history.temporary:
        names = LATER_TASKS
    elif names is None:
        names = (*FIRST_TURN_TASKS, *LATER_TASKS) if history.is_first_turn() else LATER_TASKS
    return dict.fromkeys(names, True)


def _server_fields(history: ChatHistory, question: dict[str, Json]) -> dict[str, Json]:
    fields: dict[str, Json] = {"parent_id": question["parentId"], "user_message": question}
    if history.temporary:  # the server does not store the chat, so the page sends the history
        line = history.line()[:-1]
        kept = [("role", "model", "output") if "output" in one else ("id", "role", "content", "model") for one in line]
        pairs = zip(line, kept, strict=True)
        fields["messages"] = [{name: one[name] for name in names if name in one} for one, names in pairs]
    return fields


def temporary_chat_id(session_id: str, version: tuple[int, ...]) -> str:
    """Return the id that the page uses for a temporary chat."""
    if version < (0, 7):
        return "local"
    return f"{'temporary' if version >= (0, 12) else 'local'}:{session_id}"


def _client_fields(history: ChatHistory, question: dict[str, Json]) -> dict[str, Json]:
    said = [
        {name: message[name] for name in ("role", "output") if name in message} | {"content": _content_as_sent(message)}
        for message in history.line()
    ]
    messages = [message for message in said if message["role"] == "user" or message["content"].strip()]
    return {"messages": messages, "parent_id": question["id"], "parent_message": question}


def _content_as_sent(message: dict[str, Json]) -> Json:
    """Return a content as old pages send it: with pictures as parts of their own."""
    text = _as_sent(message)
    pictures = [file["url"] for file in message.get("files", ()) if _is_picture(file)]
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in pictures]
    return [{"type": "text", "text": text}, *parts] if parts and message["role"] == "user" else text


def _is_picture(file: Mapping[str, Json]) -> bool:
    return file.get("type") == "image" or str(file.get("content_type", "")).startswith("image/")


def _as_sent(message: dict[str, Json]) -> str:
    """Return a content as old pages send it back: without thinking, tool blocks replaced by their quoted results."""
    return BLOCK.sub(_block_as_sent, str(message.get("content") or ""))


def _block_as_sent(block: re.Match[str]) -> str:
    attributes = dict(re.findall(r'(\w+)="([^"]*)"', block["attributes"]))
    if attributes.get("type") in ("reasoning", "code_interpreter"):
        return ""
    if attributes.get("type") == "tool_calls":
        return PATTERN.sub(lambda found: _meant(found[1], block), f'"{attributes.get("result", "undefined")}"')
    return block[0]


def _meant(sign: str, block: re.Match[str]) -> str:
    """Return the text that JavaScript's `replace` inserts for `$` and `sign` when it replaces `block`."""
    return {"$": "$", "&": block[0], "`": block.string[: block.start()], "'": block.string[block.end() :]}[sign]
