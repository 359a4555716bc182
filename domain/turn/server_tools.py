"""What an output item says of a tool that upstream runs, such as a web search or a code sandbox."""

from dataclasses import dataclass
from enum import Enum


class Progress(Enum):
    """How far a server tool is."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Source:
    """A page that a server tool found or read. `url` is as received: presenters check it."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ServerToolReport:
    """One use of a server tool. Every text is bounded and as received: presenters escape it.

    `tool` is the kind of the item without `openrouter:` and `_call`, such as `web_search`. `subject` is one line: the
    query, address, command or prompt. `code` is what the tool ran, in `language`; `result` what it brought.
    """

    tool: str
    progress: Progress
    subject: str = ""
    code: str = ""
    language: str = ""
    result: str = ""
    error: str = ""
    sources: tuple[Source, ...] = ()
