"""What people read about tools that upstream runs: a line of progress, what went in and what came out."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.turn.server_tool_fields import line_of
from domain.turn.server_tools import Finding, Progress, ServerToolReport
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary


@dataclass(frozen=True, slots=True)
class Words:
    """`doing` and `did` begin a line, `tail` adds its `{subject}`; `name`: the subject's name in what went in."""

    doing: str
    did: str
    tail: str = " {subject}"
    name: str = "input"

    @property
    def sentences(self) -> tuple[str, str, str, str]:
        """What is translated: doing and did, each without the subject and with it."""
        return self.doing, self.did, self.doing + self.tail, self.did + self.tail


_READ_PAGE = Words("Reading", "Read", name="address")
_COMMAND = Words("Running a command", "Ran a command", ": {subject}", "command")
_FILE = Words("Using the file", "Used the file", name="file")
_EDITED = Words("Editing", "Edited", name="path")
_WORDS = {
    "web_search": Words("Searching the web", "Searched the web", " for {subject}", "query"),
    "web_search open_page": _READ_PAGE,
    "web_search find_in_page": Words("Searching a page", "Searched a page", " for {subject}", "words"),
    "web_fetch": _READ_PAGE,
    "datetime": Words("Looking up the time", "Looked up the time", ": {subject}"),
    "image_generation": Words("Drawing a picture", "Drew a picture", ": {subject}", "prompt"),
    "search_models": Words("Searching the models", "Searched the models", " for {subject}", "query"),
    "file_search": Words("Searching the files", "Searched the files", " for {subject}", "query"),
    "files": _FILE,
    "files read": Words("Reading the file", "Read the file", name="file"),
    "files write": Words("Writing the file", "Wrote the file", name="file"),
    "files delete": Words("Deleting the file", "Deleted the file", name="file"),
    "files list": Words("Listing the files", "Listed the files", name="file"),
    "code_interpreter": Words("Running code", "Ran code", ""),
    "shell": _COMMAND,
    "bash": _COMMAND,
    "apply_patch": Words("Writing a patch", "Wrote a patch", " for {subject}", "path"),
    "advisor": Words("Asking another model for advice", "Asked another model for advice", "", "prompt"),
    "subagent": Words("A subagent is working", "A subagent worked", " on: {subject}", "task"),
    "fusion": Words("Asking several models", "Asked several models", ""),
    "mcp": Words("Calling", "Called", name="tool"),
    "mcp_list_tools": Words("Listing the tools", "Listed the tools", " of {subject}", "server"),
    "memory": Words("Using the memory", "Used the memory", ": {subject}", "key"),
    "memory read": Words("Reading from memory", "Read from memory", ": {subject}", "key"),
    "memory write": Words("Saving in memory", "Saved in memory", ": {subject}", "key"),
    "memory delete": Words("Deleting from memory", "Deleted from memory", ": {subject}", "key"),
    "text_editor": _EDITED,
    "text_editor view": Words("Viewing", "Viewed", name="path"),
    "text_editor create": Words("Creating", "Created", name="path"),
    "tool_search": Words("Searching the tools", "Searched the tools", " for {subject}", "query"),
    "browser_use": Words("Using the browser", "Used the browser", ": {subject}", "action"),
    "armor_blocked": Words("Blocking a tool call", "Blocked a tool call", ": {subject}", "tool"),
}
"""The words of each tool, or of a tool and one of its actions."""
_CODE = Words("Running", "Ran", " {subject} code")
_ADVICE = Words("Asking", "Asked", " {subject} for advice")
_MODEL = Words("Asking", "Asked")
_MODELS = Words("Asking", "Asked", " {subject} models")
_UNKNOWN = Words("Running the tool {tool}", "Ran the tool {tool}", ": {subject}")
_FAILED = "Failed"
_CODE_NAMES = {
    "shell": "command",
    "bash": "command",
    "apply_patch": "patch",
    "armor_blocked": "arguments",
    "mcp": "arguments",
}
_MODEL_NAME, _MODEL_NAMES, _CODE_NAME, _LANGUAGE_NAME = "model", "models", "code", "language"
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


def use_line(report: ServerToolReport, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return one line about a use: what is being done, what was done, or what failed and why."""
    return " ".join(_sentence(report, vocabulary).split())


def use_input(report: ServerToolReport, vocabulary: Vocabulary = NEUTRAL) -> dict[str, str]:
    """Return what went into a use, by the names that people read; code of several lines by its first line, if that."""
    given: dict[str, str] = {}
    if report.subject:
        given[_words_of(report).name] = report.subject
    if report.models:
        given[_MODEL_NAMES if len(report.models) > 1 else _MODEL_NAME] = ", ".join(report.models)
    if report.code and not use_code(report):
        given[_CODE_NAMES.get(report.tool, _CODE_NAME)] = report.code.strip()
    elif report.language and not given:
        given[_LANGUAGE_NAME] = _language(report)
    return {vocabulary.translated(name): value for name, value in given.items()}


def use_code(report: ServerToolReport) -> str:
    """Return code of more than one line as it is, else an empty text."""
    return report.code.strip("\n") if "\n" in report.code.strip() else ""


def use_result(report: ServerToolReport, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return what came out of a use, its parts labelled; empty if there is nothing to see."""
    first = [_finding(one, vocabulary) for one in report.findings if one.label in _FIRST]
    others = [_finding(one, vocabulary) for one in report.findings if one.label not in _FIRST]
    failed = [f"{vocabulary.translated(_FAILED)}: {report.error}"] if report.error else []
    return "\n\n".join((*failed, *first, *filter(None, (report.result,)), *others))


def _sentence(report: ServerToolReport, vocabulary: Vocabulary) -> str:
    words, subject = _spoken(report)
    doing, did, doing_it, did_it = words.sentences
    if report.progress is Progress.COMPLETED:
        line = vocabulary.say(did_it if subject else did, subject=subject, tool=report.tool)
        return line + _outcome(report, vocabulary)
    line = vocabulary.say(doing_it if subject else doing, subject=subject, tool=report.tool)
    if report.progress is Progress.RUNNING:
        return f"{line}\u2026"
    why = f": {line_of(report.error)}" if report.error else ""
    return vocabulary.say("{work} failed", work=line) + _outcome(report, vocabulary) + why


def _finding(found: Finding, vocabulary: Vocabulary) -> str:
    label = vocabulary.translated(_LABELS.get(found.label, found.label))
    by = f" ({found.by})" if found.by else ""
    return f"{label}{by}: {found.text}" if found.text else f"{label}{by}"


def _words_of(report: ServerToolReport) -> Words:
    return _WORDS.get(f"{report.tool} {report.action}") or _WORDS.get(report.tool) or _UNKNOWN


def _spoken(report: ServerToolReport) -> tuple[Words, str]:
    """Return the words of a line and their subject, which may be empty."""
    words = _words_of(report)
    match report.tool:
        case "web_fetch" | "web_search" if report.tool == "web_fetch" or report.action == "open_page":
            return words, _site(report.subject)
        case "code_interpreter":
            return (_CODE, _language(report)) if report.language else (words, "")
        case "advisor":
            return (_ADVICE, ", ".join(report.models)) if report.models else (words, "")
        case "fusion":
            if report.progress is Progress.RUNNING or not report.models:  # they are named one by one
                return words, ""
            return (_MODELS, str(len(report.models))) if len(report.models) > 1 else (_MODEL, report.models[0])
    return words, report.subject


def _language(report: ServerToolReport) -> str:
    return _LANGUAGES.get(report.language, report.language.capitalize())


def _site(address: str) -> str:
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


def _outcome(report: ServerToolReport, vocabulary: Vocabulary) -> str:
    if report.outcome is None:
        return ""
    if report.tool == "web_fetch":
        return f" (HTTP {report.outcome})" if report.progress is Progress.FAILED else ""
    return " " + vocabulary.say("(exit code {code})", code=report.outcome)
