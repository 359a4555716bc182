"""Compute what the page shows of one answer from the events that the host sends to the browser."""

import re
from dataclasses import dataclass, field

from entrypoints.devhost.client import Json

BLOCK = re.compile(r"<details\b(?P<attributes>[^>]*)>(?P<inside>.*?)</details>\n?", re.DOTALL)
THINKING_BLOCK = re.compile(r'<details type="reasoning"[^>]*>\s*<summary>.*?</summary>(.*?)</details>', re.DOTALL)
APPEND = ("chat:message:delta", "message")
REPLACE = ("chat:message", "replace")


@dataclass
class ShownMessage:
    """The answer as the page holds it; `done` is also set after a stop.

    `failed`: the host reported an error of its own; further events may never come. `content` is the raw text of hosts
    up to 0.8 with its `<details>` blocks, `output` the items of newer hosts.
    """

    content: str = ""
    output: list[dict[str, Json]] = field(default_factory=list)
    statuses: list[dict[str, Json]] = field(default_factory=list)
    sources: list[dict[str, Json]] = field(default_factory=list)
    files: list[dict[str, Json]] = field(default_factory=list)
    follow_ups: list[str] = field(default_factory=list)
    usage: dict[str, Json] | None = None
    error: Json = None
    title: str | None = None
    done: bool = False
    failed: bool = False
    stopped: bool = False

    @property
    def text(self) -> str:
        """Return the visible plain text, without thinking and tool blocks."""
        return text_of({"content": self.content, "output": self.output})

    @property
    def reasoning(self) -> str:
        """Return the text inside the thinking block."""
        return reasoning_of({"content": self.content, "output": self.output})

    def take(self, kind: str, data: Json) -> None:
        """Apply one event of this message, as the page does."""
        if kind == "chat:completion":
            self._take_completion(data)
        elif kind == "response:completion":
            self._take_response_event(data)
        elif kind == "status":
            self.statuses.append(data)
        elif kind in ("source", "citation"):
            self.sources.append(data)
        elif kind in APPEND:
            self.content += data["content"]
        elif kind in REPLACE:
            self.content = data["content"]
        elif kind in ("files", "chat:message:files"):
            self.files = list(data["files"])
        else:
            self._take_rest(kind, data)

    def stored_form(self) -> dict[str, Json]:
        """Return the fields that pages up to 0.8 save themselves after an answer has ended."""
        fields: dict[str, Json] = {
            "content": self.content,
            "output": self.output,
            "statusHistory": self.statuses,
            "sources": self.sources,
            "files": self.files,
            "followUps": self.follow_ups,
            "usage": self.usage,
            "error": self.error,
            "done": self.done,
        }
        return {name: value for name, value in fields.items() if value or name == "content"}

    def _take_rest(self, kind: str, data: Json) -> None:
        if kind == "chat:message:error":
            self.error = data["error"]
            self.failed = True
        elif kind == "chat:tasks:cancel":
            self.output = (data or {}).get("output") or self.output
            self.done = self.stopped = True
        elif kind == "chat:message:follow_ups":
            self.follow_ups = list(data["follow_ups"])
        elif kind == "chat:title":
            self.title = str(data)

    def _take_completion(self, data: dict[str, Json]) -> None:
        for choice in (data.get("choices") or [])[:1]:
            self.content += (choice.get("delta") or choice.get("message") or {}).get("content") or ""
        if data.get("output"):
            self.output = list(data["output"])
        if data.get("content"):
            self.content = data["content"]
        if data.get("error"):
            self.error = {"content": _error_text(data["error"])}
        self.usage = data.get("usage") or self.usage
        self.done = self.done or bool(data.get("done"))

    def _take_response_event(self, event: dict[str, Json]) -> None:
        kind = str(event.get("type", ""))
        if kind == "response.completed":
            self.output = list((event.get("response") or {}).get("output") or self.output)
        elif kind in ("response.output_item.added", "response.output_item.done"):
            self._put(int(event.get("output_index", len(self.output))), dict(event["item"]))
        elif kind.endswith(".delta"):
            self._extend(event, kind)

    def _put(self, index: int, item: dict[str, Json]) -> None:
        if index < len(self.output):
            self.output[index] = item
        else:
            self.output.append(item)

    def _extend(self, event: dict[str, Json], kind: str) -> None:
        index = int(event.get("output_index", len(self.output) - 1))
        if not 0 <= index < len(self.output):
            thinking = "reasoning" in kind
            self.output.append({"type": "reasoning" if thinking else "message", "content": []})
            index = len(self.output) - 1
        item = self.output[index]
        parts = item.setdefault("summary" if "summary" in kind else "content", [])
        if not parts:
            parts.append({"type": "output_text", "text": ""})
        parts[-1]["text"] = str(parts[-1].get("text") or "") + str(event.get("delta") or "")


def text_of(message: dict[str, Json]) -> str:
    """Return the plain text of a shown or stored message of any host version."""
    written = [item for item in message.get("output") or [] if item.get("type") == "message"]
    if any(_parts_text(item, "content") for item in written):
        return "\n".join(_parts_text(item, "content") for item in written).strip()
    return BLOCK.sub("", str(message.get("content") or "")).strip()


def reasoning_of(message: dict[str, Json]) -> str:
    """Return the thinking of a shown or stored message, without the quote marks of a `<details>` block."""
    thoughts = [item for item in message.get("output") or [] if item.get("type") == "reasoning"]
    texts = [_parts_text(item, name) for item in thoughts for name in ("summary", "content")]
    if any(texts):
        return "\n".join(text for text in texts if text)
    blocks = THINKING_BLOCK.findall(str(message.get("content") or ""))
    return "\n".join(re.sub(r"^&gt; ?|^> ?", "", block.strip(), flags=re.MULTILINE) for block in blocks)


def _error_text(error: Json) -> str:
    """Return the text of the red error box for `error`."""
    if not isinstance(error, dict):
        return str(error)
    inner = error.get("error")
    if inner:
        return _error_text(inner)
    return str(error.get("detail") or error.get("message") or error.get("content") or error)


def _parts_text(item: dict[str, Json], name: str) -> str:
    return "".join(str(part.get("text") or "") for part in item.get(name) or [] if isinstance(part, dict))
