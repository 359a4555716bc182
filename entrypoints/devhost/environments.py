"""Build and cache the virtual environments in which the real hosts run.

An environment is a folder of the cache, named after the host's version and a digest of everything that determines its
content. A lock file lets one process build while others wait; a marker file, written last, means that it is complete.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.progress import Progress, say

SUPPORTED_HOSTS = ("0.12.4", "0.11.4", "0.10.2", "0.9.6", "0.8.12", "0.7.2", "0.6.28")
"""The supported versions of Open WebUI: the newest patch of every minor version from 0.6 on, newest first."""

FUNCTION_PACKAGES = (
    "dependency-injector",
    "structlog",
    "orjson",
    "python-ulid",
    "lz4",
    "pyzipper",
    "aiosqlite",
)
"""The packages that the function's header names; installed beforehand, so that tests need no network."""

UV_VERSION = "0.13.8"

LEFT_OUT = ("torch", "sentence-transformers")
"""Packages of gigabytes that no test needs the host to import; they are not installed."""

RELEASE_NOTES = 1
"""How many releases an environment keeps the notes of: a start parses them all, a fifth of its time in 0.12.4."""

HOST_PYTHONS = ((3, 11), (3, 12))
"""The Python versions on which all supported hosts run."""

FALLBACK_PYTHON = "3.11"
"""The Python version that the installer finds or downloads if this interpreter has an unsupported one."""


def cache_folder() -> Path:
    """Return the cache folder outside the work tree: OPENROUTER_PIPE_CACHE or the user's cache."""
    own = os.environ.get("OPENROUTER_PIPE_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "openrouter-pipe"


def host_python(
    version: str, *, with_requirements: tuple[str, ...] = FUNCTION_PACKAGES, progress: Progress = say
) -> Path:
    """Return the interpreter of host `version`, optionally with the function's packages; build it if it is missing.

    The environment is shared: use `build_environment` for a host that changes it, for example by installing packages.
    Several processes may call this at once. Raises DevhostError.
    """
    folder = cache_folder() / _folder_name(version, with_requirements)
    ready = folder / ".ready"
    if not ready.exists():
        with _locked(folder.with_name(folder.name + ".lock")):
            if not ready.exists():
                build_environment(folder, version, with_requirements=with_requirements, progress=progress)
                ready.touch()
    return folder / "bin" / "python"


def build_environment(
    folder: Path, version: str, *, with_requirements: tuple[str, ...] = (), progress: Progress = say
) -> Path:
    """Build host `version` in `folder`, replacing its content, and return its interpreter.

    Raises DevhostError with the last line that the installer printed.
    """
    uv = uv_program(progress=progress)
    extras = f" with {len(with_requirements)} packages" if with_requirements else ""
    progress(f"· building the environment of Open WebUI {version}{extras}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = sys.executable if _runs_hosts() else FALLBACK_PYTHON
    _run([str(uv), "venv", "-q", "--clear", "--seed", "--python", python, str(folder)])
    override = folder / "left-out.txt"
    override.write_text(_override_text())
    interpreter = folder / "bin" / "python"
    install = [str(uv), "pip", "install", "-q", "--python", str(interpreter), "--override", str(override)]
    _run([*install, f"open-webui=={version}", *with_requirements])
    for notes in folder.glob("lib/python*/site-packages/open_webui/CHANGELOG.md"):
        _shorten(notes)
    return interpreter


def _shorten(notes: Path) -> None:
    """Keep the newest releases of a changelog. It is written as a new file: the installer shares those it caches."""
    newest = notes.read_text("utf-8").split("\n## ")[: RELEASE_NOTES + 1]
    short = notes.with_suffix(".short")
    short.write_text("\n## ".join(newest) + "\n", "utf-8")
    short.replace(notes)


def uv_program(*, progress: Progress = say) -> Path:
    """Return the pinned installer (uv) of the cache; install it if it is missing."""
    folder = cache_folder() / f"uv-{UV_VERSION}"
    program = folder / "bin" / "uv"
    if not program.exists():
        with _locked(folder.with_name(folder.name + ".lock")):
            if not program.exists():
                progress(f"· installing uv {UV_VERSION}")
                venv.create(folder, with_pip=True, symlinks=True)
                _run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", f"uv=={UV_VERSION}"])
    return program


def _folder_name(version: str, requirements: tuple[str, ...]) -> str:
    recipe = "\n".join(
        [version, _python_version(), UV_VERSION, _override_text(), str(RELEASE_NOTES), *sorted(requirements)]
    )
    kind = "-extras" if requirements else ""
    return f"host-{version}{kind}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def _runs_hosts() -> bool:
    return sys.version_info[:2] in HOST_PYTHONS


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}" if _runs_hosts() else FALLBACK_PYTHON


def _override_text() -> str:
    return "".join(f'{name} ; python_version < "3"\n' for name in LEFT_OUT)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise DevhostError(f"{Path(command[0]).name} {command[1]} failed: {last.strip()}", log=done.stderr)
