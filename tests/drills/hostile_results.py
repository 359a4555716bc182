"""Every way a result reaches a reader, with every hostile form, through every presenter.

`run` tells each presenter of a turn in which every text and every address is hostile, and looks at what leaves: no
address in a place for links, pictures, files or frames that the gate refuses; no HTML in an attribute; no end of
a fence.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.openwebui.host_tools import HostTool, Kind
from adapters.openwebui.tool_results import result_of
from domain.faults.fault import Fault, FaultKind
from domain.turn.answer import Answer
from domain.turn.citations import Citations
from domain.turn.server_tool_reports import READERS, report_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport, Source
from domain.turn.statuses import ModelReplaced
from domain.turn.steps import (
    End,
    Ended,
    HandOverCall,
    Output,
    Reason,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowServerTool,
    ShowStatus,
)
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.completion import Collected, completion
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.present.filtered import FilteredPresenter
from entrypoints.openwebui.present.frames import Emit
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from ports.toolbox import ToolCall, ToolFile, ToolPage, ToolResult, ToolSource, ToolSpec
from ports.usage import Timing
from tests.drills.tools import PartResult
from tests.hostile_forms import ADDRESSES, TEXTS

HEAD = ChunkHead("chatcmpl-1", "a/b", 0)
TURN = "01J2VVZBDQTP1ZQJ8DSNAAAAAA"
VERSIONS = ((0, 8), (0, 10), (0, 12))
SAFE = re.compile(
    r"https://(?:[a-z0-9-]+\.)+test(?::\d+)?/[^\s\"'<>\\^`{|}]*"
    r"|data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*|/api/v1/files/[\w-]+(?:/content)?",
    re.ASCII,
)
"""Addresses that may stand in a place for links; written down here once more, on purpose."""
PICTURE = re.compile(r"!\[image\]\(([^)]*)\)?")
USE = re.compile(
    r'<details type="code_interpreter" done="true">\n<summary>Analyzed</summary>\n(?P<line>[^\n]*)\n'
    r"(?:\n```(?:bash|diff|json|python|text)\n(?:(?!```|~~~|</?details)[\s\S])*\n```\n)*</details>\n",
    re.IGNORECASE,
)
"""The block of a server tool where it is part of a text: a line of Markdown, and fences that nothing inside ends."""
ATTRIBUTES = re.compile(
    r'<details type="tool_calls" done="true"(?: \w+="[^"<>$\n]*")*>\n<summary>Tool Executed</summary>'
)
FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
NAME = re.compile(r"[\w.-]{1,64}")


@dataclass
class Figures:
    """How much was looked at; `misses` lists what must not happen."""

    outputs: int = 0
    looked_at: int = 0
    misses: list[str] = field(default_factory=list)


def run(seed: int = 0) -> PartResult:
    """Run the whole matrix; it holds nothing random, so `seed` changes nothing."""
    del seed
    figures = matrix()
    seen = f"{figures.outputs:,} outputs, {figures.looked_at:,} places"
    return {"hostile results": seen}, figures.misses


def matrix() -> Figures:
    """Present every hostile form in every way by every presenter."""
    figures = Figures()
    for name, form in {**ADDRESSES, **TEXTS}.items():
        for way, outputs in ways(form):
            for presenter, frames in _presented(outputs):
                figures.outputs += len(outputs)
                for place in _wrong(frames, figures):
                    figures.misses.append(f"{way}, {name}, {presenter}: {place[:200]}")
    return figures


def ways(form: str) -> Iterator[tuple[str, list[Output]]]:
    """Return every way by which a text or address from outside reaches a reader, by its name."""
    for way, kind, value in returned(form):
        read = result_of(HostTool(ToolSpec("look", "", {}, kind.value), kind), {"url": form}, value)
        yield way, _called(ToolCall("c1", "look", "{}"), read)
    yield "name of a tool", _called(ToolCall("c1", form, "{}"), ToolResult("x"))
    yield "arguments", _called(ToolCall("c1", "look", form), ToolResult("x"))
    yield "arguments as JSON", _called(ToolCall("c1", "look", json.dumps({"q": form})), ToolResult("x"))
    yield "unchecked result", _called(ToolCall("c1", "look", "{}"), _unchecked(form))
    yield "call of an unknown tool", [HandOverCall(0, ToolCall("c1", form, "{}"), 0)]
    yield "picture of the model", [ShowImage(0, form)]
    yield "citation", [ShowCitation(form, form, form)]
    yield "title of a citation", [ShowCitation("https://x.test/", form, "")]
    yield "name of a model", [ShowStatus(ModelReplaced(form, form))]
    yield from _used(form)
    for fault in FaultKind:
        yield f"refusal {fault.value}", [_failed(Fault(fault, detail=form, provider=form))]
    cited = {"url_citation": {"url": form, "title": form, "content": form}}
    yield "annotation", list(Answer(0, Citations()).cite(cited))
    named = {"type": "file_citation", "file_id": form, "filename": form, "index": 0}
    yield "name of a file", list(Answer(0, Citations()).cite(named))


def returned(form: str) -> Iterator[tuple[str, Kind, object]]:
    """Return every shape in which a tool can return a text: the way, the kind of tool, the value."""
    encoded = b64encode(form.encode()).decode()
    hit = {"title": form, "url": form, "snippet": form}
    yield "whole result", Kind.WORKSPACE, form
    yield "bytes", Kind.WORKSPACE, form.encode()
    yield "field", Kind.WORKSPACE, {"a": {"b": form}}
    yield "list", Kind.WORKSPACE, [form, [form]]
    yield "JSON text", Kind.WORKSPACE, json.dumps([form])
    yield "search hit", Kind.WORKSPACE, [hit]
    yield "search hit as text", Kind.MCP, [{"type": "text", "text": json.dumps({"results": [hit]})}]
    yield "title of a hit", Kind.WORKSPACE, [{**hit, "url": "https://x.test/"}]
    yield "MCP text", Kind.MCP, [{"type": "text", "text": form}]
    yield "MCP image", Kind.MCP, [{"type": "image", "data": encoded, "mimeType": "image/png"}]
    yield "MCP image of a kind", Kind.MCP, [{"type": "image", "data": encoded, "mimeType": form}]
    yield "MCP data", Kind.MCP, [{"type": "image", "data": form, "mimeType": "image/png"}]
    for mime in ("text/html", "image/svg+xml", "image/png", form):
        blob = {"uri": form, "blob": encoded, "mimeType": mime}
        yield f"MCP blob {mime[:12]}", Kind.MCP, [{"type": "resource", "resource": blob}]
    yield "MCP resource", Kind.MCP, [{"type": "resource", "resource": {"uri": form, "text": form, "name": form}}]
    yield "MCP link", Kind.MCP, [{"type": "resource_link", "uri": form, "name": form, "description": form}]
    yield "picture by address", Kind.WORKSPACE, [{"type": "image_url", "image_url": {"url": form}}]
    yield "picture of input", Kind.WORKSPACE, {"type": "input_image", "image_url": form}
    yield "page at an address", Kind.OPENAPI, ({}, {"Content-Disposition": "inline", "Location": form})
    yield "page without a mark", Kind.OPENAPI, (form, {"Content-Type": "text/html"})
    yield "error", Kind.OPENAPI, {"error": form}
    yield "fetched page", Kind.BUILTIN, form


def _used(form: str) -> Iterator[tuple[str, list[Output]]]:
    """Return every text of a report of a server tool, read from items and given as it is."""
    texts = ("subject", "action", "code", "language", "result", "error")
    given: dict[str, Any] = dict.fromkeys(texts, form)
    plain = ServerToolReport("bash", Progress.COMPLETED)
    reports = {f"use with hostile {name}": replace(plain, **{name: given[name]}) for name in texts}
    sources, findings = (Source(form, form), Source("https://x.test/", form)), (Finding(form, form, form),)
    given |= {"sources": sources, "findings": findings, "models": (form, form), "outcome": 1}
    for progress in Progress:
        every = ServerToolReport(form, progress, **given)
        reports[f"use with all hostile, {progress.value}"] = every
    for tool in ("web_search", "web_fetch", "advisor", "fusion", "code_interpreter"):
        reports[f"{tool} with all hostile"] = replace(every, tool=tool)
    named = ("url", "query", "command", "code", "stdout", "error", "title", "content", "explanation", "name", "prompt")
    action = {"query": form, "url": form, "sources": [{"url": form}], "commands": [form]}
    item: dict[str, Any] = {**dict.fromkeys(named, form), "action": action, "operation": {"path": form, "diff": form}}
    item["sources"] = [{"url": form, "title": form}]
    for kind in READERS:
        report = report_of({**item, "type": kind}, done=True)
        if report is not None:
            reports[kind] = report
    for name, report in reports.items():
        yield name, [ShowServerTool(0, report), Ended(End(Reason.STOP, Timing(1.0), "e1"))]


def _called(call: ToolCall, result: ToolResult) -> list[Output]:
    return [ShowCall(0, call), ShowCallResult(0, call, result)]


def _unchecked(form: str) -> ToolResult:
    """Return a result in which an adapter reported everything as it came."""
    return ToolResult(
        form,
        images=(form,),
        files=(ToolFile(form, form), ToolFile(form, mime="text/html")),
        sources=(ToolSource(form, form, form),),
        pages=(ToolPage(url=form),),
    )


def _failed(fault: Fault) -> Ended:
    return Ended(End(Reason.FAULT, Timing(1.0), "e1", fault))


def _presented(outputs: list[Output]) -> Iterator[tuple[str, list[Any]]]:
    page: list[tuple[str, Any]] = [(f"native {v}", NativePresenter(TURN, v, Wishes())) for v in VERSIONS]
    page += [(f"filtered {v}", FilteredPresenter(HEAD, TURN, v, Wishes())) for v in VERSIONS]
    page.append(("legacy", LegacyPresenter(HEAD, TURN, Wishes())))
    page.append(("chunks", ChunkPresenter(HEAD, own_done=True)))
    for name, presenter in page:
        frames = [frame for output in outputs for frame in presenter.present(output)]
        yield name, [frame.event if isinstance(frame, Emit) else frame.payload for frame in frames]
    collected = Collected()
    for output in outputs:
        collected.add(output)
    yield "completion", [completion(HEAD, collected)]


def _wrong(frames: list[Any], figures: Figures) -> Iterator[str]:
    for frame in frames:
        for place, text in _places(frame):
            figures.looked_at += 1
            if place == "address" and not SAFE.fullmatch(text):
                yield f"address {text!r}"
            elif place == "likely" and text.lower().startswith(("http:", "https:", "//")) and not SAFE.fullmatch(text):
                yield f"title that a page makes a link of {text!r}"
            elif place == "name" and not NAME.fullmatch(text):
                yield f"name {text!r}"
            elif place == "fenced" and FENCE.search(text):
                yield f"fence in {text!r}"
            elif place == "markdown":
                yield from _wrong_markdown(text)


def _wrong_markdown(text: str) -> Iterator[str]:
    for url in PICTURE.findall(text):
        if not SAFE.fullmatch(url):
            yield f"picture {url!r}"
    rest = USE.sub(lambda block: block["line"], PICTURE.sub("", text))
    if re.search(r"(?<!\\)<details", rest):
        if not ATTRIBUTES.search(rest):
            yield f"attributes {rest!r}"
        rest = ATTRIBUTES.sub("", rest).replace("</details>", "")
    if re.search(r"(?<!\\)[<\[](?!\w+\]: #)", rest):
        yield f"markup {rest!r}"


def _places(frame: Any) -> Iterator[tuple[str, str]]:
    """Return what of a frame a page reads as an address, a name, fenced text or Markdown."""
    if not isinstance(frame, dict):
        return
    data = frame.get("data") or {}
    match frame.get("type"):
        case "source":
            about = data["source"]
            yield ("address", about["url"]) if "url" in about else ("likely", about["name"])
            yield from (("likely", entry["source"]) for entry in data["metadata"])
        case "files":
            yield from (("address", file["url"]) for file in data["files"])
        case "embeds":
            yield from (("address", page) for page in data["embeds"])
        case "response.output_item.added":
            yield from _item_places(frame["item"])
        case "response.output_text.delta":
            yield "markdown", frame["delta"]
    for choice in frame.get("choices") or ():
        delta = choice.get("delta") or choice.get("message") or {}
        yield "markdown", delta.get("content") or ""
        for citation in delta.get("annotations") or ():
            yield from (("address", url) for url in [citation["url_citation"]["url"]] if url)


def _item_places(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if item["type"] == "function_call":
        yield "name", item["name"]
        yield "fenced", item["arguments"]
    elif item["type"] == "function_call_output":
        yield from (("fenced", part["text"]) for part in item["output"])
