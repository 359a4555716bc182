"""Import modules from text under a root name of their own, so that several loads live side by side unseen.

Compiling takes longer than everything else a load does, so the compiled code is kept in the host's data folder and used
again by every load of the same text in the same Python.
"""

import hashlib
import importlib
import linecache
import marshal
import os
import secrets
import stat
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import MAGIC_NUMBER, module_from_spec
from pathlib import Path
from types import CodeType, ModuleType

_PAUSE_EVERY = 0.002  # seconds of loading after which other threads may run
_KEPT_PREFIX, _KEPT_SUFFIX = "openrouter_pipe_code_", ".bin"
_KEPT_FILES = 4  # of other versions of this text or of Python
_KEPT_LARGEST = 64 * 1024 * 1024  # bytes; a larger file is not ours
_KEPT_LATER = 5.0  # seconds after a load, when its first answer is under way


class KeptCode:
    """Compiled modules in one file, for one text and one Python.

    Running code is trusting whoever wrote it: the file counts only if it is a regular file of this user's that nobody
    else may read or write, and only with the digest it was written with. Anything else is as good as no file.
    """

    def __init__(self, folder: Path, sources: Mapping[str, str]) -> None:
        digest = hashlib.sha256(MAGIC_NUMBER + f"{sys.version} {sys.flags.optimize}".encode())
        for path, text in sorted(sources.items()):
            digest.update(f"{path} {len(text)} ".encode() + text.encode())
        self._key = digest.digest()
        self._file = folder / f"{_KEPT_PREFIX}{digest.hexdigest()[:32]}{_KEPT_SUFFIX}"

    def read(self) -> dict[str, bytes]:
        """Return path -> marshalled code; nothing when there is no file to trust."""
        try:
            opened = os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(opened, "rb") as file:
                status = os.fstat(opened)
                private = stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
                if not private or status.st_uid != os.geteuid() or status.st_size > _KEPT_LARGEST:
                    return {}
                content = file.read()
        except (OSError, AttributeError):  # none, not for us, or a system without owners of files
            return {}
        head, body = content[:64], content[64:]
        if head != self._key + hashlib.sha256(body).digest():
            return {}
        return dict(marshal.loads(body))  # noqa: S302 - written by this user, digest and key as expected

    def write(self, codes: Mapping[str, bytes]) -> None:
        """Keep the code, whole or not at all; a folder that cannot be written keeps nothing."""
        body = marshal.dumps(dict(codes))
        draft = self._file.with_name(f".{self._file.name}.{secrets.token_hex(8)}")
        with suppress(OSError):
            try:
                with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                    file.write(self._key + hashlib.sha256(body).digest() + body)
                draft.replace(self._file)
            finally:
                draft.unlink(missing_ok=True)
            self._tidy()

    def _tidy(self) -> None:
        """Delete the oldest files beyond the limit, and drafts of writers that died."""
        found = self._file.parent.glob(f"{_KEPT_PREFIX}*{_KEPT_SUFFIX}")
        drafts = self._file.parent.glob(f".{_KEPT_PREFIX}*{_KEPT_SUFFIX}.*")
        doomed = sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)[_KEPT_FILES:]
        doomed += [draft for draft in drafts if draft.stat().st_mtime < time.time() - 3600]
        for file in doomed:
            file.unlink(missing_ok=True)


def data_folder() -> Path | None:
    """Return the folder the loaded host keeps its data in; None when there is no host that says so."""
    folder = getattr(sys.modules.get("open_webui.env"), "DATA_DIR", None) or os.environ.get("DATA_DIR")
    return Path(folder) if folder and Path(folder).is_dir() else None


def _renamed(code: CodeType, name: str) -> CodeType:
    """Return the code with the file name of this load, which tracebacks show."""
    inner = tuple(_renamed(const, name) if isinstance(const, CodeType) else const for const in code.co_consts)
    return code.replace(co_filename=name, co_consts=inner)


class EmbeddedModules(MetaPathFinder, InspectLoader):
    """Finder and loader of one load of the carried modules; also the `__loader__` of each of them.

    `sources` maps paths such as `domain/turn/machine.py` to texts with relative imports only. `revisions` are files
    that are no modules: file name to text, as the carried code finds them. Nothing happens before `load`. Safe to use
    from several threads; keep it off the event loop.
    """

    def __init__(self, name: str, sources: Mapping[str, str], revisions: Mapping[str, str]) -> None:
        self.root = f"{name}_{secrets.token_hex(4)}"
        self.revisions = revisions
        self._sources = sources
        self._paths = {self._module_name(path): path for path in sources}
        self._lock = threading.RLock()
        self._paused_at = 0.0
        self._kept: dict[str, bytes] = {}
        self._compiled: dict[str, CodeType] = {}
        self._keeping: threading.Timer | None = None

    def load(self, module: str) -> ModuleType:
        """Import `module`, named without the root, and all it needs. If the first load fails, nothing stays behind."""
        with self._lock:
            first = self.root not in sys.modules
            self._install()
            folder = data_folder() if first else None
            keeping = KeptCode(folder, self._sources) if folder else None
            self._kept = keeping.read() if keeping else {}
            try:
                loaded = importlib.import_module(f"{self.root}.{module}")
                if keeping and not self._kept:
                    self._keep_later(keeping)
                return loaded
            except BaseException:
                if first:
                    self.unload()
                raise
            finally:
                self._kept, self._compiled = {}, {}

    def unload(self) -> None:
        """Forget the modules: none of this load can be imported any more, what is in use lives on until dropped."""
        with self._lock:
            if self._keeping is not None:  # it would hold the load until it rings
                self._keeping.cancel()
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            for name in [name for name in sys.modules if f"{name}.".startswith(f"{self.root}.")]:
                sys.modules.pop(name, None)
            for path in self._sources:
                linecache.cache.pop(self._file_name(path), None)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for the modules of this load only."""
        if fullname not in self._paths:
            return None
        is_package = self.is_package(fullname)
        spec = ModuleSpec(fullname, self, origin=self.get_filename(fullname), is_package=is_package)
        spec.has_location = True  # gives the module its __file__
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Compile and run one module, letting other threads run now and then: compiling holds the interpreter."""
        name = module.__name__
        code = self._code(name)
        linecache.lazycache(self.get_filename(name), module.__dict__)  # tracebacks show the lines
        if time.monotonic() - self._paused_at > _PAUSE_EVERY:
            time.sleep(0)
            self._paused_at = time.monotonic()
        exec(code, module.__dict__)  # noqa: S102 - the file's own text

    def get_source(self, fullname: str) -> str:
        """Return a module's text, for tracebacks and `inspect`; raises ImportError for another's module."""
        if fullname not in self._paths:
            raise ImportError(f"{self.root} carries no {fullname}", name=fullname)
        return self._sources[self._paths[fullname]]

    def get_filename(self, fullname: str) -> str:
        """Return the name tracebacks show, different in every load; no such file exists."""
        return self._file_name(self._paths[fullname])

    def is_package(self, fullname: str) -> bool:
        """Tell whether the module is a folder's `__init__.py`."""
        return self._paths[fullname].endswith("/__init__.py")

    def _code(self, name: str) -> CodeType:
        path = self._paths[name]
        kept = self._kept.get(path)
        if kept is not None:
            return _renamed(marshal.loads(kept), self.get_filename(name))  # noqa: S302 - see KeptCode
        code = compile(self.get_source(name), self.get_filename(name), "exec", dont_inherit=True)
        self._compiled[path] = code
        return code

    def _keep_later(self, keeping: KeptCode) -> None:
        compiled = self._compiled

        def keep() -> None:
            codes = {}
            for path, code in compiled.items():
                codes[path] = marshal.dumps(code)
                time.sleep(0)
            keeping.write(codes)

        self._keeping = timer = threading.Timer(_KEPT_LATER, keep)
        timer.name, timer.daemon = "openrouter-pipe-keep-code", True
        timer.start()

    def _install(self) -> None:
        if self.root not in sys.modules:
            spec = ModuleSpec(self.root, None, is_package=True)
            sys.modules[self.root] = module_from_spec(spec)
        if self not in sys.meta_path:
            sys.meta_path.append(self)

    def _module_name(self, path: str) -> str:
        return f"{self.root}.{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"

    def _file_name(self, path: str) -> str:
        return f"{self.root}/{path}"
