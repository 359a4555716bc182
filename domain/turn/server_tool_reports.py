"""Read the items of tools that upstream runs. Source: the official SDK, output items; it spells some fields in camels.

Values of a wrong type count as missing. Pictures are not read here: `output_items` returns them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from domain.tools.results import clean, text_of
from domain.turn.server_tool_fields import MOST_ENTRIES, Fields, bounded, line_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport, Source, untracked
from ports.json_values import JsonObject
from ports.responses import OWN_TYPES

LONGEST_FINDING, LONGEST_ADDRESS = 1000, 4096
"""Characters of one finding, and of an address."""
MOST_SOURCES, MOST_MODELS = 50, 20
_TOOL = re.compile(r"(?:experimental__)?(.*?)(?:_call(?:_output)?)?", re.DOTALL)
_ENDED = {"completed": Progress.COMPLETED, "failed": Progress.FAILED, "incomplete": Progress.FAILED}
_RUNNING = Progress.RUNNING


def report_of(item: JsonObject, *, done: bool = False) -> ServerToolReport | None:
    """Return what an item says of a server tool; None for other items. Never raises.

    `done`: upstream sent the item as finished, so a status that says otherwise is stale (pictures stay `generating`).
    Without it, an unknown status counts as running.
    """
    kind = item.get("type")
    if not isinstance(kind, str) or not (kind in READERS or kind.startswith(OWN_TYPES)):
        return None
    fields = Fields(item)
    report = READERS.get(kind, _unknown)(fields, _opened(kind, fields))
    if report.progress is _RUNNING and done:
        return replace(report, progress=Progress.COMPLETED)
    return report


def _opened(kind: str, fields: Fields) -> ServerToolReport:
    """Return the part of a report that is read from every item in the same way."""
    match = _TOOL.fullmatch(kind.removeprefix(OWN_TYPES))
    error = fields.text("error", LONGEST_FINDING)
    status = fields.value("status")
    progress = _ENDED.get(status, _RUNNING) if isinstance(status, str) else _RUNNING
    if error and progress is Progress.COMPLETED:
        progress = Progress.FAILED
    return ServerToolReport(line_of(match[1] if match else kind), progress, error=error)


# --- reading the families ---------------------------------------------------------------------------------------


def _web_search(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    action = fields.part("action")
    subject = action.line("query") or ", ".join(action.lines("queries", 3)) or action.line("pattern")
    read = [Source(url, "")] if (url := _address(action)) else []
    sources = _sources([*action.parts("sources", MOST_SOURCES)], read)
    return replace(report, action=action.line("type"), subject=subject or line_of(url), sources=sources)


def _web_fetch(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    url, outcome = _address(fields), fields.number("http_status")
    if outcome is not None and outcome >= 400 and report.progress is Progress.COMPLETED:
        report = replace(report, progress=Progress.FAILED)
    read = report.progress is Progress.COMPLETED
    title, result = fields.line("title"), fields.text("content")
    findings = _findings(("title", title, "")) if read else ()
    sources = (Source(url, title),) if url and read else ()
    return replace(report, subject=line_of(url), result=result, outcome=outcome, sources=sources, findings=findings)


def _datetime(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(report, subject=f"{fields.line('datetime')} {fields.line('timezone')}".strip())


def _image(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(report, subject=fields.line("prompt") or fields.line("revised_prompt"))


def _search_models(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(report, subject=fields.line("query") or line_of(fields.argument("query")))


def _file_search(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(report, subject=line_of(", ".join(fields.lines("queries", 3))))


def _files(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    name = fields.line("filename") or line_of(fields.argument("filename")) or fields.line("file_id")
    action = fields.line("operation") or line_of(fields.argument("operation"))
    return replace(report, action=action, subject=name, result=fields.text("result"))


def _code(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    language = fields.line("language") or "python"
    logs = "".join(one.text("logs") for one in fields.parts("outputs") if one.value("type") == "logs")
    report = replace(report, code=fields.text("code"), language=language, result=bounded(logs))
    return _ran(fields, report, fields.parts("outputs"))


def _bash(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    command = fields.text("command") or fields.argument("command")
    report = replace(report, subject=_first_line(command), code=command, language="bash")
    return _ran(fields, report, fields.parts("files"))


def _ran(fields: Fields, report: ServerToolReport, files: Iterable[Fields]) -> ServerToolReport:
    """Add what a program printed, its exit code and the files it left."""
    made = (("file", name, "") for one in files if (name := one.line("filename")))
    findings = _findings(("stderr", fields.text("stderr", LONGEST_FINDING), ""), *made)
    result = fields.text("stdout") or report.result
    return replace(report, result=result, findings=findings, outcome=fields.number("exit_code"))


def _shell(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    commands = [text for text in _texts(fields.part("action").value("commands")) if text.strip()]
    code = bounded("\n".join(commands)) or fields.argument("command")
    ran = list(fields.parts("output"))
    codes = [number for one in ran if (number := one.part("outcome").number("exit_code")) is not None]
    stopped = [("timeout", "", "") for one in ran if one.part("outcome").value("type") == "timeout"][:1]
    errors = [("stderr", one.text("stderr", LONGEST_FINDING), "") for one in ran]
    made = [("file", one.line("filename"), "") for one in fields.parts("files")]
    return replace(
        report,
        subject=_first_line(code),
        code=code,
        language="bash" if code else "",
        result=bounded("".join(one.text("stdout") for one in ran)),
        outcome=next((number for number in codes if number), codes[0] if codes else None),
        findings=_findings(*errors, *stopped, *made),
    )


def _patch(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    operation = fields.part("operation")
    action = operation.line("type").removesuffix("_file")
    return replace(report, action=action, subject=operation.line("path"), code=operation.text("diff"), language="diff")


def _advisor(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(
        report, subject=fields.line("prompt"), result=fields.text("advice"), models=_models(fields.line("model"))
    )


def _subagent(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    task = fields.text("task_description", LONGEST_FINDING)
    return replace(
        report,
        subject=fields.line("task_name") or line_of(task),
        result=fields.text("outcome"),
        models=_models(fields.line("model")),
        findings=_findings(("task", task, fields.line("name"))),
    )


def _fusion(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    verdict, answered = fields.part("analysis"), list(fields.parts("responses", MOST_MODELS))
    failed = list(fields.parts("failed_models", MOST_MODELS))
    findings = _findings(
        *(("consensus", text, "") for text in verdict.lines("consensus")),
        *(("contradiction", _stances(one), "") for one in verdict.parts("contradictions")),
        *(
            ("partial_coverage", one.line("point"), _joined(one.lines("models")))
            for one in verdict.parts("partial_coverage")
        ),
        *(("unique_insight", one.line("insight"), one.line("model")) for one in verdict.parts("unique_insights")),
        *(("blind_spot", text, "") for text in verdict.lines("blind_spots")),
        *(("failed_model", one.line("error"), one.line("model")) for one in failed),
        *(("response", one.text("content", LONGEST_FINDING), one.line("model")) for one in answered),
    )
    error = report.error or ("" if findings else fields.line("failure_reason"))
    models = _models(*(one.line("model") for one in (*answered, *failed)))
    return replace(
        report,
        error=error,
        models=models,
        findings=findings,
        sources=_sources([*fields.parts("sources", MOST_SOURCES)]),
    )


def _stances(contradiction: Fields) -> str:
    """Return a topic and what each model says of it, one per line."""
    stances = (f"{one.line('model')}: {one.line('stance')}" for one in contradiction.parts("stances", MOST_MODELS))
    return bounded("\n".join((contradiction.line("topic"), *stances)), LONGEST_FINDING)


def _mcp(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    """Read OpenRouter's item, which names the tool only, or a maker's, which has arguments and output too."""
    tool, code = fields.line("tool_name") or fields.line("name"), fields.text("arguments")
    return replace(
        report,
        subject=_joined([fields.line("server_label"), tool], ": "),
        code=code,
        language="json" if code else "",
        result=fields.text("output"),
        findings=_findings(*(("match", one.line("name"), "") for one in fields.parts("tools"))),
    )


def _memory(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    value = bounded(text_of(fields.value("value")))
    return replace(report, action=fields.line("action"), subject=fields.line("key"), result=value)


def _text_editor(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(report, action=fields.line("command"), subject=fields.line("file_path"))


def _tool_search(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    matches = (("match", one.line("tool_id"), "") for one in fields.parts("matches"))
    return replace(report, subject=fields.line("query"), findings=_findings(*matches))


def _browser(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    return replace(report, subject=fields.line("action"))


def _armor(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    name = _joined([fields.line("namespace"), fields.line("name")], ".")
    why = (
        ("rule", fields.text("explanation", LONGEST_FINDING), ""),
        ("reason", fields.text("reason", LONGEST_FINDING), ""),
    )
    return replace(report, subject=name, code=fields.text("arguments"), language="json", findings=_findings(*why))


def _unknown(fields: Fields, report: ServerToolReport) -> ServerToolReport:
    names = ("query", "prompt", "command", "url", "name")
    return replace(report, subject=next((line for name in names if (line := fields.line(name))), ""))


READERS: dict[str, Callable[[Fields, ServerToolReport], ServerToolReport]] = {
    "code_interpreter_call": _code,
    "file_search_call": _file_search,
    "image_generation_call": _image,
    "mcp_call": _mcp,
    "mcp_list_tools": _mcp,
    "shell_call": _shell,
    "shell_call_output": _shell,
    "web_search_call": _web_search,
    "openrouter:advisor": _advisor,
    "openrouter:apply_patch": _patch,
    "openrouter:armor_blocked": _armor,
    "openrouter:bash": _bash,
    "openrouter:browser_use": _browser,
    "openrouter:code_interpreter": _code,
    "openrouter:datetime": _datetime,
    "openrouter:experimental__search_models": _search_models,
    "openrouter:file_search": _file_search,
    "openrouter:files": _files,
    "openrouter:fusion": _fusion,
    "openrouter:image_generation": _image,
    "openrouter:mcp": _mcp,
    "openrouter:memory": _memory,
    "openrouter:shell": _shell,
    "openrouter:subagent": _subagent,
    "openrouter:text_editor": _text_editor,
    "openrouter:tool_search": _tool_search,
    "openrouter:web_fetch": _web_fetch,
    "openrouter:web_search": _web_search,
}
"""How each item is read, by its type; other types of OpenRouter's own are reported by name."""

# --- details ----------------------------------------------------------------------------------------------------


def _address(fields: Fields) -> str:
    url = fields.value("url")
    return untracked(clean(url)) if isinstance(url, str) and len(url) <= LONGEST_ADDRESS else ""


def _sources(found: Iterable[Fields], before: Iterable[Source] = ()) -> tuple[Source, ...]:
    named = (Source(url, one.line("title")) for one in found if (url := _address(one)))
    return tuple({one.url: one for one in (*before, *named)}.values())


def _findings(*found: tuple[str, str, str]) -> tuple[Finding, ...]:
    """Keep findings that say something; a `timeout` needs no words."""
    kept = (Finding(*one) for one in found if one[1].strip() or one[0] == "timeout")
    return tuple(kept)[:MOST_ENTRIES]


def _first_line(text: str) -> str:
    return line_of(text.strip().partition("\n")[0])


def _models(*slugs: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slug for slug in slugs if slug))


def _joined(parts: Iterable[str], sign: str = ", ") -> str:
    return line_of(sign.join(part for part in parts if part))


def _texts(value: object) -> list[str]:
    return [entry for entry in value[:MOST_ENTRIES] if isinstance(entry, str)] if isinstance(value, list) else []
