"""What an output item says of a tool that upstream runs, such as a web search or a code sandbox."""

from dataclasses import dataclass
from enum import Enum

_TRACKING = ("?utm_source=openai", "&utm_source=openai")


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
class Finding:
    """A part of a result. `label` is upstream's name for its kind, such as `stderr`; `by` names the models it is of."""

    label: str
    text: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class ServerToolReport:
    """One use of a server tool. Every text is bounded and as received: presenters escape it.

    `tool` is the kind of the item without `openrouter:` and `_call`, such as `web_search`. `subject` is one line: the
    query, address, path or prompt. `action`: which of its actions the tool took, such as `open_page`; empty if it has
    one only. `code` is what the tool ran, in `language`; `result` what it brought, with more in `findings`. `models`
    are slugs of those it asked. `outcome` is the exit code of a program or the HTTP status of a page.
    """

    tool: str
    progress: Progress
    subject: str = ""
    action: str = ""
    code: str = ""
    language: str = ""
    result: str = ""
    error: str = ""
    sources: tuple[Source, ...] = ()
    findings: tuple[Finding, ...] = ()
    models: tuple[str, ...] = ()
    outcome: int | None = None


def untracked(url: str) -> str:
    """Return an address without what providers add to count visits: sources are compared by address."""
    for tail in _TRACKING:
        url = url.removesuffix(tail)
    return url
