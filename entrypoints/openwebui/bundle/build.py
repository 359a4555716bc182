"""Write the single file: shell, loader and modules as readable text, and everything the host may trip over checked."""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from entrypoints.openwebui.bundle.collect import REVISIONS, reachable_sources, revision_texts
from entrypoints.openwebui.bundle.rewrite import package_text

ENTRY = "entrypoints.openwebui.service"
SHELL = "entrypoints/openwebui/pipe.py"
LARGEST = 2_000_000  # bytes; hosts read the whole text at every request

_FOLDER = Path(__file__).resolve().parent
_SHELL_FILE, _LOADER_FILE = "entrypoints/openwebui/bundle/shell.py", "entrypoints/openwebui/bundle/loader.py"
_SHELL_CODE = "the shell's own code"
_SERVICE_CODE = "the code behind the shell"
_QUOTES = "'" * 3
_REPLACED_BY_HOSTS = tuple(f"from {name}" for name in ("utils", "apps", "main", "config"))
# The host pins these; asking for them would change it.
_SHARED_WITH_HOST = {
    "aiohttp", "alembic", "cryptography", "fastapi", "httpx", "jsonschema", "pydantic", "redis", "sqlalchemy",
}  # fmt: skip
_ONLY_ON_POSTGRES = {"psycopg"}  # hosts from 0.10 on bring it

_ACCESS = """\
def service_class() -> Callable[[str], Service]:
    \"\"\"Import the service. Slow: never called on the event loop.\"\"\"
    return _EMBEDDED.load("{module}").PipeService


"""
_CARRIED = """

# --- the loader of the modules below ---
{loader}

# --- the modules; every text is a file of the repository with its imports made relative, line for line ---
_SOURCES = {{
{sources}}}

# --- the steps that bring a database up to date, oldest first ---
_REVISIONS = {{
{revisions}}}
_EMBEDDED = EmbeddedModules("openrouter_pipe_{digest}", _SOURCES, _REVISIONS)
"""


class BundleRefused(Exception):
    """The file would not work in a host; `reasons` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The finished text, and which modules it carries."""

    text: str
    paths: tuple[str, ...]


def build(root: Path, entry: str = ENTRY) -> Bundle:
    """Build from the tree at `root` (its shell, pyproject.toml and modules); the same tree gives the same bytes.

    Raises BundleRefused or ImportRefused, naming each place to mend.
    """
    sources = {path: package_text(path, text) for path, text in reachable_sources(root, entry).items()}
    revisions = revision_texts(root)
    carried, steps = _entries(sources), _entries(revisions)
    loader = (_FOLDER / "loader.py").read_text("utf-8")
    digest = hashlib.sha256((loader + carried + steps).encode()).hexdigest()[:8]
    shell = _front((root / SHELL).read_text("utf-8"), (root / "pyproject.toml").read_text("utf-8"))
    own_code = (_FOLDER / "shell.py").read_text("utf-8")
    places = {_SHELL_FILE: own_code, _LOADER_FILE: loader, SHELL: shell} | sources
    places |= {f"{REVISIONS}/{name}": step for name, step in revisions.items()}
    shell = _with(shell, _SHELL_CODE, _with(own_code, _SERVICE_CODE, _ACCESS.format(module=entry)))
    text = shell + _CARRIED.format(loader=loader, sources=carried, revisions=steps, digest=digest)
    reasons = _source_faults(places) or _text_faults(text)
    if reasons:
        raise BundleRefused(reasons)
    return Bundle(text, tuple(sources))


def _entries(texts: dict[str, str]) -> str:
    return "".join(f'"{path}": r{_QUOTES}{text}{_QUOTES},\n' for path, text in texts.items())


def _front(shell: str, pyproject: str) -> str:
    """Return the shell with the version and the requirements that pyproject.toml states."""
    project = tomllib.loads(pyproject)["project"]
    names = [re.split(r"[\s<>=!~\[;]", requirement, maxsplit=1)[0] for requirement in project["dependencies"]]
    not_asked_for = _SHARED_WITH_HOST | _ONLY_ON_POSTGRES
    wanted = ", ".join(name for name in names if name.lower() not in not_asked_for)
    shell = re.sub(r"^version: .*$", f"version: {project['version']}", shell, count=1, flags=re.M)
    return re.sub(r"^requirements: .*$", f"requirements: {wanted}", shell, count=1, flags=re.M)


def _with(text: str, title: str, body: str) -> str:
    """Return `text` with what stands between the marks of `title` replaced by `body`."""
    match = re.search(rf"^# <{title}(?:: [^\n]*)?>\n.*?^# </{title}>\n", text, re.M | re.S)
    if match is None:
        raise BundleRefused([f"the marks around {title} are missing"])
    return f"{text[: match.start()]}# <{title}>\n{body}# </{title}>\n{text[match.end() :]}"


def _source_faults(sources: dict[str, str]) -> list[str]:
    """Name what would break out of a raw string or be changed by a host."""
    faults = []
    for path, text in sources.items():
        if _QUOTES in text:
            faults.append(f"{path} holds three single quotes")
        if "\r" in text or "\0" in text:
            faults.append(f"{path} holds a carriage return or a zero byte")
        if text and not text.endswith("\n"):
            faults.append(f"{path} does not end with a line break")
        faults += [f"{path} holds the text `{old}`, which hosts replace" for old in _REPLACED_BY_HOSTS if old in text]
        faults += _foreign_characters(path, text)
    return faults


def _foreign_characters(path: str, text: str) -> list[str]:
    """Name every character beyond ASCII: one of them makes each chat copy the whole text in a wider form."""
    return [
        f"{path}:{number}: {char} (U+{ord(char):04X}) is not ASCII; write an escape such as \\u{ord(char):04x}"
        for number, line in enumerate(text.split("\n"), 1)
        for char in ([] if line.isascii() else line)
        if not char.isascii()
    ]


def _text_faults(text: str) -> list[str]:
    faults = []
    if not text.startswith('"""\n'):
        faults.append("the first line is not three double quotes alone")
    size = len(text.encode())
    if size > LARGEST:
        faults.append(f"the file has {size} bytes, more than {LARGEST}")
    compile(text, "the bundle", "exec", dont_inherit=True)
    return faults
