"""What people read about tools that upstream runs: a line of progress, what went in and what came out."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.turn.server_tool_fields import line_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport


@dataclass(frozen=True, slots=True)
class _Words:
    """`doing` and `did` begin the line, `joint` leads to its subject; `name` is the subject's among what went in."""

    doing: str
    did: str
    joint: str = " "
    name: str = "input"


_READ_PAGE = _Words("Reading", "Read", name="address")
_COMMAND = _Words("Running a command", "Ran a command", ": ", "command")
_FILE = _Words("Using the file", "Used the file", name="file")
_EDITED = _Words("Editing", "Edited", name="path")
_WORDS = {
    "web_search": _Words("Searching the web", "Searched the web", " for ", "query"),
    "web_search open_page": _READ_PAGE,
    "web_search find_in_page": _Words("Searching a page", "Searched a page", " for ", "words"),
    "web_fetch": _READ_PAGE,
    "datetime": _Words("Looking up the time", "Looked up the time", ": "),
    "image_generation": _Words("Drawing a picture", "Drew a picture", ": ", "prompt"),
    "search_models": _Words("Searching the models", "Searched the models", " for ", "query"),
    "file_search": _Words("Searching the files", "Searched the files", " for ", "query"),
    "files": _FILE,
    "files read": _Words("Reading the file", "Read the file", name="file"),
    "files write": _Words("Writing the file", "Wrote the file", name="file"),
    "files delete": _Words("Deleting the file", "Deleted the file", name="file"),
    "files list": _Words("Listing the files", "Listed the files", name="file"),
    "code_interpreter": _Words("Running", "Ran"),
    "shell": _COMMAND,
    "bash": _COMMAND,
    "apply_patch": _Words("Writing a patch", "Wrote a patch", " for ", "path"),
    "advisor": _Words("Asking", "Asked", name="prompt"),
    "subagent": _Words("A subagent is working", "A subagent worked", " on: ", "task"),
    "fusion": _Words("Asking", "Asked"),
    "mcp": _Words("Calling", "Called", name="tool"),
    "mcp_list_tools": _Words("Listing the tools", "Listed the tools", " of ", "server"),
    "memory": _Words("Using the memory", "Used the memory", ": ", "key"),
    "memory read": _Words("Reading from memory", "Read from memory", ": ", "key"),
    "memory write": _Words("Saving in memory", "Saved in memory", ": ", "key"),
    "memory delete": _Words("Deleting from memory", "Deleted from memory", ": ", "key"),
    "text_editor": _EDITED,
    "text_editor view": _Words("Viewing", "Viewed", name="path"),
    "text_editor create": _Words("Creating", "Created", name="path"),
    "tool_search": _Words("Searching the tools", "Searched the tools", " for ", "query"),
    "browser_use": _Words("Using the browser", "Used the browser", ": ", "action"),
    "armor_blocked": _Words("Blocking a tool call", "Blocked a tool call", ": ", "tool"),
}
"""The words of each tool, or of a tool and one of its actions."""
_CODE_NAMES = {
    "shell": "command",
    "bash": "command",
    "apply_patch": "patch",
    "armor_blocked": "arguments",
    "mcp": "arguments",
}
_LANGUAGES = {"javascript": "JavaScript", "typescript": "TypeScript", "sql": "SQL", "php": "PHP"}
_LABELS = {
    "title": "Title",
    "task": "Task",
    "stderr": "Errors",
    "timeout": "The time was up",
    "file": "File",
    "consensus": "All agree",
    "contradiction": "They disagree",
    "partial_coverage": "Some say",
    "unique_insight": "One says",
    "blind_spot": "Nobody says",
    "failed_model": "Failed",
    "response": "Answer",
    "match": "Found",
    "rule": "Rule",
    "reason": "Reason",
}
_FIRST = ("title", "task")
"""Labels of findings that precede the result."""


def use_line(report: ServerToolReport) -> str:
    """Return one line about a use: what is being done, what was done, or what failed and why."""
    return " ".join(_sentence(report).split())


def use_input(report: ServerToolReport) -> dict[str, str]:
    """Return what went into a use, by the names that people read; code of several lines by its first line, if that."""
    given: dict[str, str] = {}
    if report.subject:
        given[_words_of(report).name] = report.subject
    if report.models:
        given["models" if len(report.models) > 1 else "model"] = ", ".join(report.models)
    if report.code and not use_code(report):
        given[_CODE_NAMES.get(report.tool, "code")] = report.code.strip()
    elif report.language and not given:
        given["language"] = _language(report)
    return given


def use_code(report: ServerToolReport) -> str:
    """Return code of more than one line as it is, else an empty text."""
    return report.code.strip("\n") if "\n" in report.code.strip() else ""


def use_result(report: ServerToolReport) -> str:
    """Return what came out of a use, its parts labelled; empty if there is nothing to see."""
    first = [_finding(one) for one in report.findings if one.label in _FIRST]
    others = [_finding(one) for one in report.findings if one.label not in _FIRST]
    failed = [f"Failed: {report.error}"] if report.error else []
    return "\n\n".join((*failed, *first, *filter(None, (report.result,)), *others))


def _sentence(report: ServerToolReport) -> str:
    words, subject = _words_of(report), _subject(report)
    about = f"{words.joint}{subject}" if subject else ""
    match report.progress:
        case Progress.RUNNING:
            return f"{words.doing}{about}\u2026"
        case Progress.COMPLETED:
            return f"{words.did}{about}{_outcome(report)}"
    why = f": {line_of(report.error)}" if report.error else ""
    return f"{words.doing}{about} failed{_outcome(report)}{why}"


def _finding(found: Finding) -> str:
    label = _LABELS.get(found.label, found.label)
    by = f" ({found.by})" if found.by else ""
    return f"{label}{by}: {found.text}" if found.text else f"{label}{by}"


def _words_of(report: ServerToolReport) -> _Words:
    named = _WORDS.get(f"{report.tool} {report.action}") or _WORDS.get(report.tool)
    return named or _Words(f"Running the tool {report.tool}", f"Ran the tool {report.tool}", ": ")


def _subject(report: ServerToolReport) -> str:
    match report.tool:
        case "web_fetch" | "web_search" if report.tool == "web_fetch" or report.action == "open_page":
            return _site(report.subject)
        case "code_interpreter":
            return f"{_language(report)} code"
        case "advisor":
            return f"{', '.join(report.models) or 'another model'} for advice"
        case "fusion":
            asked = 0 if report.progress is Progress.RUNNING else len(report.models)  # they are named one by one
            return "several models" if not asked else f"{asked} models" if asked > 1 else report.models[0]
    return report.subject


def _language(report: ServerToolReport) -> str:
    return _LANGUAGES.get(report.language, report.language.capitalize())


def _site(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


def _outcome(report: ServerToolReport) -> str:
    if report.outcome is None:
        return ""
    if report.tool == "web_fetch":
        return f" (HTTP {report.outcome})" if report.progress is Progress.FAILED else ""
    return f" (exit code {report.outcome})"
