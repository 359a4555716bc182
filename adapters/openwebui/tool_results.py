"""Translates every shape of tool result in the host into one bounded ToolResult; never fails.

Shapes: text, JSON values, bytes, data URLs, content parts (MCP, chat, responses), web responses, pairs of content and
headers (tool servers), pairs of a page and a text about it, models with fields. Source: the hosts' own handling of
tool results in 0.6.28 to 0.12.4.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any, cast

from adapters.openwebui.host_tools import HostTool, Kind
from adapters.openwebui.tool_findings import Findings, is_address
from ports.json_values import JsonObject
from ports.toolbox import Failure, ToolPage, ToolResult, ToolSource

MOST_TEXT = 4 * 1024 * 1024
"""Most characters of a result's text; the core cuts further to fit the model's context."""

MOST_NODES, DEEPEST, LONGEST_SCANNED = 20_000, 40, 512 * 1024
SERVERS = (Kind.OPENAPI, Kind.TERMINAL, Kind.DIRECT)
_STATUS = re.compile(r"http error (\d{3})\b", re.IGNORECASE)
_FAILURES = ("error:", "exception:", "traceback", "http error")
PAGE_SHOWN = "A page is shown to the person."
PAGE_LEFT_OUT = "A page was left out: it is too large to show."


def result_of(tool: HostTool, arguments: JsonObject, value: object) -> ToolResult:
    """Translate a tool's return value. Pure; time grows with the size of the value."""
    found = Findings()
    value = _unpaired(tool, value, found)
    error = _error_in(value)
    text = _clean(_Reader(found).words(value))
    failed = error is not None or text[:16].lstrip().lower().startswith(_FAILURES)
    if tool.kind is Kind.BUILTIN and tool.spec.name == "fetch_url" and not failed:
        _note_page(found, arguments)
    return ToolResult(
        text=text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n[cut: {MOST_TEXT} of {len(text)} characters]",
        failed=failed,
        images=tuple(found.images),
        files=tuple(found.files),
        sources=tuple(found.sources.values()),
        pages=tuple(found.pages),
        failure=(Failure.SERVER if tool.kind in SERVERS else Failure.SAID) if failed else None,
        status=int(match[1]) if (match := _STATUS.match(error or "")) else None,
    )


def weight_of(value: object, limit: int) -> int:
    """Estimate the size of a value in characters; stops counting at `limit`."""
    weight, pending = 0, [value]
    while pending and weight < limit:
        entry = pending.pop()
        weight += 8
        if isinstance(entry, str | bytes | bytearray):
            weight += len(entry)
        elif isinstance(entry, Mapping):
            weight += 8 * len(entry)
            pending += list(entry.values())[:limit]
        elif isinstance(entry, list | tuple | set):
            pending += list(entry)[:limit]
        elif isinstance(body := getattr(entry, "body", None), bytes | bytearray | memoryview):
            weight += len(body)
        elif hasattr(entry, "model_dump") or hasattr(entry, "__dataclass_fields__"):
            return limit
    return weight


def _unpaired(tool: HostTool, value: object, found: Findings) -> object:
    """Separate content from headers, pages and the text about them; return the content for the model."""
    if isinstance(value, tuple) and len(value) == 2 and _is_response(value[0]):
        return _response(value[0], value[1], found)
    if _is_response(value):
        return _response(value, None, found)
    pair = isinstance(value, tuple) or (tool.kind is Kind.DIRECT and isinstance(value, list))
    if pair and tool.kind in SERVERS and len(cast("list[Any]", value)) == 2:
        content, headers = cast("list[Any]", value)
        if headers is None or hasattr(headers, "items"):
            return _headed(content, _lowered(headers), found)
    return value


def _response(response: Any, text: object, found: Findings) -> object:
    headers, body = _lowered(response.headers), bytes(response.body)
    if not _is_inline(headers) or "html" not in headers.get("content-type", "text/html"):
        return body if text is None else text
    status = int(getattr(response, "status_code", 200))
    if status >= 400:
        return f"Error: the page to show answered with status {status}."
    return _paged(ToolPage(body.decode(errors="replace")), text, found)


def _headed(content: object, headers: dict[str, str], found: Findings) -> object:
    """Read a tool server's answer; `inline` asks to show it (a page or an address) to the user."""
    if not _is_inline(headers):
        return content
    page, text = content, None
    if isinstance(content, tuple | list) and len(content) == 2:
        page, text = content
    if "text/html" in headers.get("content-type", "") and isinstance(page, str):
        return _paged(ToolPage(_clean(page)), text, found)
    if is_address(headers.get("location", "")):
        return _paged(ToolPage(url=headers["location"]), text, found)
    return content


def _paged(page: ToolPage, text: object, found: Findings) -> object:
    """Add a page to show; return what the model reads in its place: the tool's text about it, if there is one."""
    fits = found.page(page)
    return text if text is not None else PAGE_SHOWN if fits else PAGE_LEFT_OUT


def _is_inline(headers: Mapping[str, str]) -> bool:
    """Return whether a tool marked its answer as one to show: the hosts' way, `Content-Disposition: inline`."""
    return headers.get("content-disposition", "").partition(";")[0].strip().lower() == "inline"


class _Reader:
    """Converts a value to text for the model and moves media out of it; visits at most MOST_NODES nodes."""

    def __init__(self, found: Findings) -> None:
        self._found, self._left = found, MOST_NODES

    def words(self, value: object) -> str:
        """Return the text of a whole result."""
        if isinstance(value, str):
            self._scan(value)
            return self._found.data_url(value) or value
        if isinstance(value, list | tuple) and value and all(map(_is_part, value)):
            return "\n".join(filter(None, (self._part(part) for part in value)))
        plain = self.plain(value)
        if plain is None or isinstance(plain, str):
            return plain or ""
        try:
            return json.dumps(plain, ensure_ascii=False, default=str)
        except (ValueError, TypeError, RecursionError):
            return f"[a result of type {type(value).__name__} that cannot be written as text]"

    def plain(self, value: object, depth: int = 0) -> Any:
        """Return a JSON value without media; adds the sources it finds to the findings."""
        self._left -= 1
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return (self._found.data_url(value) if value.startswith("data:") else None) or value
        if isinstance(value, bytes | bytearray | memoryview):
            return self._found.raw(bytes(value))
        if self._left <= 0 or depth >= DEEPEST:
            return value if isinstance(value, dict | list) and depth < DEEPEST else "[left out: too deep or too large]"
        if isinstance(value, Mapping):
            if isinstance(value.get("type"), str) and _is_part(value) and value["type"] != "text":
                return self._part(value)
            self._found.note(value)
            return {str(key): self.plain(entry, depth + 1) for key, entry in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.plain(entry, depth + 1) for entry in value]
        return self._modelled(value, depth)

    def _modelled(self, value: object, depth: int) -> Any:
        dump: Callable[[], object] | None = getattr(value, "model_dump", None)
        if dump is None and is_dataclass(value) and not isinstance(value, type):
            dump = lambda: asdict(value)  # noqa: E731 - an alternative to `model_dump`
        try:
            return str(value) if dump is None else self.plain(dump(), depth + 1)
        except Exception as error:  # noqa: BLE001 - foreign code: an unreadable result must not fail the turn
            return f"[unreadable: {type(value).__name__}, {type(error).__name__}]"

    def _part(self, part: Mapping[str, Any]) -> str:
        """Return the text of one content part; media are added to the findings."""
        kind = part["type"]
        if kind in ("text", "input_text", "output_text"):
            text = str(part.get("text", ""))
            self._scan(text)
            return text
        if kind in ("image", "audio") and "data" in part:
            return self._found.data(str(part.get("mimeType") or f"{kind}/*"), str(part["data"]))
        if kind in ("image_url", "input_image", "image"):
            return self._picture(part)
        if kind == "resource" and isinstance(part.get("resource"), Mapping):
            return self._resource(part["resource"])
        self._found.note(part)
        return " ".join(str(part[name]) for name in ("name", "uri", "description") if part.get(name))

    def _picture(self, part: Mapping[str, Any]) -> str:
        image = part.get("image_url", part.get("url"))
        url = image.get("url") if isinstance(image, Mapping) else image
        if not isinstance(url, str) or not url:
            return "[image left out: no address]"
        if url.startswith("data:"):
            return self._found.data_url(url) or "[image left out: not readable]"
        if url.startswith("https://"):
            return self._found.image(url)
        return self._found.file(url, mime="image/*")

    def _resource(self, resource: Mapping[str, Any]) -> str:
        uri, mime = str(resource.get("uri", "")), str(resource.get("mimeType") or "")
        if isinstance(text := resource.get("text"), str) and text:
            self._found.note({"uri": uri, "name": resource.get("name") or uri, "text": text})
            return text
        if isinstance(blob := resource.get("blob"), str) and blob:
            return self._found.data(mime, blob, uri.rpartition("/")[2])
        return uri

    def _scan(self, text: str) -> None:
        """Add the sources found in a text that is JSON."""
        if len(text) <= LONGEST_SCANNED and text[:1] in ("{", "["):
            try:
                _note_all(self._found, json.loads(text))
            except (ValueError, RecursionError):
                return


def _note_all(found: Findings, value: object) -> None:
    pending, left = [value], MOST_NODES
    while pending and left:
        left -= 1
        entry = pending.pop(0) if len(pending) < 100 else pending.pop()
        if isinstance(entry, dict):
            found.note(entry)
            pending += entry.values()
        elif isinstance(entry, list):
            pending += entry[:MOST_NODES]


def _note_page(found: Findings, arguments: JsonObject) -> None:
    url = arguments.get("url")
    if isinstance(url, str) and is_address(url):
        found.sources.setdefault(url, ToolSource(url, url))


def _is_part(value: object) -> bool:
    known = ("text", "input_text", "output_text", "image_url", "input_image", "image", "audio", "resource")
    if not isinstance(value, Mapping) or value.get("type") not in (*known, "resource_link"):
        return False
    fields = {"text", "image_url", "url", "data", "resource", "uri"}
    return any(name in value for name in fields)


def _error_in(value: object) -> str | None:
    """Return the error that a result contains, None if there is none; reads JSON texts too."""
    if isinstance(value, str) and value[:1] == "{" and '"error"' in value[:4096] and len(value) <= LONGEST_SCANNED:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    error = value.get("error") if isinstance(value, Mapping) else None
    return str(error)[:200] if error else None


def _is_response(value: object) -> bool:
    return isinstance(getattr(value, "body", None), bytes | bytearray | memoryview) and hasattr(value, "headers")


def _lowered(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()} if hasattr(headers, "items") else {}


def _clean(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
