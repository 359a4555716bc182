"""Write the single file: shell and loader readable, the modules compressed; checked for what hosts trip over."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from entrypoints.openwebui.bundle.carried import DATA_CLASSES, repository_text
from entrypoints.openwebui.bundle.collect import REVISIONS, reachable_sources, revision_texts
from entrypoints.openwebui.bundle.pack import pack
from entrypoints.openwebui.bundle.rewrite import package_text

ENTRY = "entrypoints.openwebui.service"
SHELL = "entrypoints/openwebui/pipe.py"
LARGEST = 1_250_000  # bytes; hosts hold the whole text several times for each request under way

_FOLDER = Path(__file__).resolve().parent
_SHELL_FILES = tuple(f"entrypoints/openwebui/bundle/{name}.py" for name in ("forms", "shell"))
_LOADER_FILES = tuple(f"entrypoints/openwebui/bundle/{name}.py" for name in ("carried", "kept_code", "loader"))
_SHELL_CODE = "the shell's own code"
_SHELL_NEEDS = "what the shell needs"
_SERVICE_CODE = "the code behind the shell"
_LOADER_NEEDS = "what the loader needs"
_QUOTES = "'" * 3
_CATALOGUE = "entrypoints/sentences/german/"  # compressed like all modules, which escapes every character
_REPLACED_BY_HOSTS = tuple(f"from {name}" for name in ("utils", "apps", "main", "config"))
# The host pins these; asking for them would change it.
_SHARED_WITH_HOST = {
    "aiohttp", "alembic", "cryptography", "fastapi", "httpx", "pydantic", "pyyaml", "redis", "sqlalchemy",
}  # fmt: skip
_ONLY_ON_POSTGRES = {"psycopg"}  # hosts from 0.10 on bring it

_ACCESS = """\
def service_class() -> Callable[[str, Callable[[], None]], Service]:
    \"\"\"Import the service. Slow: never called on the event loop.\"\"\"
    return _EMBEDDED.load("{module}").PipeService


def forget_code() -> None:
    \"\"\"Let go of the code that nobody has used, or that nobody uses any more.\"\"\"
    _EMBEDDED.unload()


def redactor() -> Callable[[str], str]:
    \"\"\"Load what masks the secrets of the environment. Raises what a damaged file raises.\"\"\"
    try:
        code = _EMBEDDED.load("domain.redaction.known")
        return code.known(code.secrets_in_environment(os.environ)).mask
    finally:
        forget_code()


"""
_ABOUT = """
# This file carries {count} files of the openrouter-pipe repository, compressed, at its end. To read them, or to compare
# them with the repository, byte for byte:
#
#     python openrouter_pipe.py --unpack FOLDER        (any Python that has pydantic, the host's for instance)
#
# The code is checked against its digest and unpacked in a thread when the function is first used.
"""
_CARRIED = """

# --- the loader of the files below ---
{loader}

# --- the files, as JSON, zlib, base85; the first digest is that of the JSON, the second that of the text ---
_CARRIED = CarriedFiles(
    "{contents}",
    "{digest}",
    {quotes}
{text}{quotes},
)
_EMBEDDED = EmbeddedModules("openrouter_pipe_{short}", _CARRIED)

if __name__ == "__main__":
    raise SystemExit(run_as_script(_CARRIED, sys.argv[1:]))
"""


class BundleRefused(Exception):
    """The file would not work in a host; `reasons` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The finished text, which modules it carries, and the digest of all carried files."""

    text: str
    paths: tuple[str, ...]
    contents: str


def build(root: Path, entry: str = ENTRY) -> Bundle:
    """Build from the tree at `root` (its shell, pyproject.toml and modules); the same tree gives the same bytes.

    Raises BundleRefused or ImportRefused, naming each place to mend.
    """
    found = reachable_sources(root, entry)
    sources = packaged(found)
    revisions = revision_texts(root)
    contents, digest, packed = pack(sources, revisions)
    parts = [(_FOLDER / Path(file).name).read_text("utf-8") for file in _LOADER_FILES]
    loader = _with(parts[-1], _LOADER_NEEDS, "".join(parts[:-1]))
    short = hashlib.sha256((loader + contents).encode()).hexdigest()[:8]
    shell = _front((root / SHELL).read_text("utf-8"), (root / "pyproject.toml").read_text("utf-8"))
    forms, core = own = [(_FOLDER / Path(file).name).read_text("utf-8") for file in _SHELL_FILES]
    places = dict(zip((*_SHELL_FILES, *_LOADER_FILES), own + parts, strict=True)) | {SHELL: shell} | sources
    places |= {f"{REVISIONS}/{name}": step for name, step in revisions.items()}
    own_code = _with(_with(core, _SHELL_NEEDS, forms), _SERVICE_CODE, _ACCESS.format(module=entry))
    shell = _with(shell, _SHELL_CODE, own_code)
    shell = shell.replace('\n"""\n', '\n"""\n' + _ABOUT.format(count=len(sources) + len(revisions)), 1)
    text = shell + _CARRIED.format(
        loader=loader, contents=contents, digest=digest, text=packed, short=short, quotes=_QUOTES
    )
    reasons = _source_faults(places) + _unpacking_faults(found, sources) or _text_faults(text)
    if reasons:
        raise BundleRefused(reasons)
    return Bundle(text, tuple(sources), contents)


def packaged(found: Mapping[str, str]) -> dict[str, str]:
    """Return modules as they stand inside a package, with what makes their data classes; sorted by path."""
    sources = {path: package_text(path, text) for path, text in found.items()}
    if any(DATA_CLASSES in text for text in sources.values()):
        sources = _data_classes() | sources
    return dict(sorted(sources.items()))


def _data_classes() -> dict[str, str]:
    """Return path -> text of what makes the data classes of carried modules, and of its packages."""
    path = f"{DATA_CLASSES.replace('.', '/')}.py"
    packages = [f"{folder.as_posix()}/__init__.py" for folder in Path(path).parents[:-1]]
    return {name: (_FOLDER.parents[2] / name).read_text("utf-8") for name in [*packages, path]}


def _front(shell: str, pyproject: str) -> str:
    """Return the shell with the version and the requirements that pyproject.toml states."""
    project = tomllib.loads(pyproject)["project"]
    asked = map(_lowest, project["dependencies"])
    not_asked_for = _SHARED_WITH_HOST | _ONLY_ON_POSTGRES
    wanted = ", ".join(name + bound for name, bound in asked if name.lower() not in not_asked_for)
    shell = re.sub(r"^version: .*$", f"version: {project['version']}", shell, count=1, flags=re.M)
    return re.sub(r"^requirements: .*$", f"requirements: {wanted}", shell, count=1, flags=re.M)


def _lowest(requirement: str) -> tuple[str, str]:
    """Return the name and the lower bound of a requirement; hosts split the list at commas, so nothing else is kept."""
    name = re.split(r"[\s<>=!~\[;]", requirement, maxsplit=1)[0]
    bound = re.search(r">=\s*([\w.]+)", requirement.partition(";")[0])
    return name, f">={bound[1]}" if bound else ""


def _with(text: str, title: str, body: str) -> str:
    """Return `text` with what stands between the marks of `title` replaced by `body`."""
    match = re.search(rf"^# <{title}(?:: [^\n]*)?>\n.*?^# </{title}>\n", text, re.M | re.S)
    if match is None:
        raise BundleRefused([f"the marks around {title} are missing"])
    return f"{text[: match.start()]}# <{title}>\n{body}# </{title}>\n{text[match.end() :]}"


def _source_faults(sources: dict[str, str]) -> list[str]:
    """Name what a host would change in readable text; compressed files keep to the same rules."""
    faults = []
    for path, text in sources.items():
        if _QUOTES in text:
            faults.append(f"{path} holds three single quotes")
        if "\r" in text or "\0" in text:
            faults.append(f"{path} holds a carriage return or a zero byte")
        if text and not text.endswith("\n"):
            faults.append(f"{path} does not end with a line break")
        faults += [f"{path} holds the text `{old}`, which hosts replace" for old in _REPLACED_BY_HOSTS if old in text]
        if not path.startswith(_CATALOGUE):
            faults += _foreign_characters(path, text)
    return faults


def _unpacking_faults(found: dict[str, str], sources: dict[str, str]) -> list[str]:
    """Name every module that would not be unpacked as it stands in the repository."""
    return [
        f"{path} would be unpacked with other imports: write each `from ... import` on a line of its own"
        for path, text in found.items()
        if repository_text(path, sources[path]) != text
    ]


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
    faults += [f"the file holds the text `{old}`, which hosts replace" for old in _REPLACED_BY_HOSTS if old in text]
    size = len(text.encode())
    if size > LARGEST:
        faults.append(f"the file has {size} bytes, more than {LARGEST}")
    compile(text, "the bundle", "exec", dont_inherit=True)
    return faults
