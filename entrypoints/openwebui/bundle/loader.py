"""Import modules from text under a root name of their own, so that several loads live side by side unseen.

Files with the same text share one load: a function that is saved as it was, or installed under a second id.
"""

import gc
import hashlib
import importlib
import linecache
import marshal
import secrets
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import CodeType, ModuleType
from typing import cast

# <what the loader needs: imported here, written out in the single file>
from entrypoints.openwebui.bundle.carried import CarriedFiles
from entrypoints.openwebui.bundle.kept_code import KeptCode, data_folder

# </what the loader needs>

_PAUSE_EVERY = 0.002  # seconds of loading after which other threads may run
_KEEPING_PAUSE = 0.001  # seconds after each module that is written down
_KEPT_LATER = 5.0  # seconds after a load, when its first answer is under way
_CLASS = "EmbeddedModules"  # that of other files is not this one
_OWN_FREEZE = 10_000  # objects: more are frozen only where somebody wants them to stay so


def _renamed(code: CodeType, name: str) -> CodeType:
    """Return the code with another file name, which tracebacks show."""
    inner = tuple(_renamed(const, name) if isinstance(const, CodeType) else const for const in code.co_consts)
    return code.replace(co_filename=name, co_consts=inner)


class EmbeddedModules(MetaPathFinder, InspectLoader):
    """Finder and loader of one load of the carried modules; also the `__loader__` of each of them.

    Each file has one. Where another file with the same text has loaded its modules, `load` takes them from there; they
    are forgotten when the last of these files has called `unload`.

    Modules are named by paths such as `domain/turn/machine.py` and have relative imports only; `revisions` are files
    that are no modules. Where their compiled code was kept nothing is unpacked until somebody asks for a source.
    Nothing happens before `load`. Safe to use from several threads; keep it off the event loop.
    """

    def __init__(self, name: str, carried: CarriedFiles) -> None:
        self.root = f"{name}_{secrets.token_hex(4)}"
        self._carried = carried
        self._paths: dict[str, str] = {}  # full name of a module -> path
        self._lock = threading.RLock()
        self._paused_at = 0.0
        self._kept: dict[str, bytes] = {}  # path or generated text -> marshalled code that was not used yet
        self._used: dict[str, CodeType] = {}  # by the same names what `_keep` writes, until it has
        self._keeping: threading.Thread | None = None
        self._replaced = threading.Event()
        self._ages = False
        self._source: EmbeddedModules | None = None  # whose modules this file uses: these, or those of an equal file
        self._users: set[EmbeddedModules] = set()  # of these modules

    @property
    def _name(self) -> str:
        """What equal files have in common, and tracebacks name as the folder of the modules."""
        return self.root.rpartition("_")[0]

    @property
    def revisions(self) -> Mapping[str, str]:
        """Return file name -> text of the steps that bring a database up to date. Slow the first time."""
        return self._carried.revisions()

    def load(self, module: str) -> ModuleType:
        """Import `module`, named without the root, and all it needs. If the first load fails, nothing stays behind.

        Raises ImportError, with a sentence for people, if what the file carries is damaged.
        """
        with self._lock:
            first = self._source is None
            try:
                self._carried.check()
                source = self._source = self._source or self._shared() or self._prepared()
                return importlib.import_module(f"{source.root}.{module}")
            except BaseException:
                if first:
                    self.unload()
                raise

    def unload(self) -> None:
        """Let go of the modules. When nobody uses them they can no longer be imported; what is in use lives on."""
        with self._lock:
            source, self._source = self._source, None
            if source is not None:
                source._drop(self)

    def _shared(self) -> "EmbeddedModules | None":
        """Return the load of an equal file, which from now on is used by this one too; None if there is none."""
        loads = [one for one in sys.meta_path if type(one).__name__ == _CLASS]
        named = (cast("EmbeddedModules", one) for one in loads if getattr(one, "_name", "") == self._name)
        equal = (one for one in named if one._carried.contents == self._carried.contents)
        return next((one for one in equal if one._join(self)), None)

    def _join(self, user: "EmbeddedModules") -> bool:
        """Let one more file use these modules; return False if they have been forgotten, or cannot be loaded."""
        with self._lock:
            if not self._users:
                return False
            self._users.add(user)
            return True

    def _drop(self, user: "EmbeddedModules") -> None:
        """Forget the modules if nobody else uses them."""
        with self._lock:
            self._users.discard(user)
            if self._users:
                return
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            # other threads import meanwhile
            for name in [name for name in list(sys.modules) if f"{name}.".startswith(f"{self.root}.")]:
                sys.modules.pop(name, None)
            for path in self._paths.values():
                linecache.cache.pop(self._file_name(path), None)
            self._kept = {}
            self._replaced.set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for the modules of this load only."""
        if fullname not in self._paths:
            return None
        is_package = self.is_package(fullname)
        return ModuleSpec(fullname, self, origin=self.get_filename(fullname), is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        """Compile and run one module, letting other threads run now and then: compiling holds the interpreter."""
        name = module.__name__
        code = self._code(name)
        module.__file__ = self.get_filename(name)
        linecache.lazycache(self.get_filename(name), module.__dict__)  # tracebacks show the lines
        if time.monotonic() - self._paused_at > _PAUSE_EVERY:
            time.sleep(0)
            self._paused_at = time.monotonic()
        exec(code, module.__dict__)  # noqa: S102 - the file's own text
        self._ages = self._ages and _aged()

    def compiled(self, text: str) -> CodeType:
        """Return the code of a text that a module generates, such as a method of a data class; kept like modules."""
        kept = self._kept.pop(text, None)
        if kept is not None:
            return self._noted(text, marshal.loads(kept))  # noqa: S302 - see KeptCode
        return self._noted(text, compile(text, "<generated>", "exec", dont_inherit=True))

    def get_source(self, fullname: str) -> str:
        """Return a module's text, for tracebacks and `inspect`; raises ImportError for another's module."""
        if fullname not in self._paths:
            raise ImportError(f"{self.root} carries no {fullname}", name=fullname)
        return self._carried.modules()[self._paths[fullname]]

    def get_filename(self, fullname: str) -> str:
        """Return the name tracebacks show, the same in every load of the same texts; no such file exists."""
        return self._file_name(self._paths[fullname])

    def is_package(self, fullname: str) -> bool:
        """Return whether the module is a folder's `__init__.py`."""
        return self._paths[fullname].endswith("/__init__.py")

    def _prepared(self) -> "EmbeddedModules":
        """Return this load, ready to import."""
        self._users.add(self)
        self._source = self  # or a failure would leave it behind
        self._ages = not _others()
        self._prepare()
        return self

    def _prepare(self) -> None:
        """Find out which modules there are, and which of them need no compiling."""
        folder = data_folder()
        keeping = KeptCode(folder, self._carried.contents) if folder else None
        found = keeping.find() if keeping else None
        if found is not None and found.whole:
            self._kept = {name: code for name, (_, code) in found.codes.items()}
            self._install(filter(_is_path, self._kept))
            return
        sources = self._carried.modules()
        if found is not None:
            texts = {name: sources.get(name, "") if _is_path(name) else name for name in found.codes}
            self._kept = {name: code for name, (digest, code) in found.codes.items() if digest == _digest(texts[name])}
        self._install(sources)
        if keeping is not None:
            self._keep_later(keeping)

    def _code(self, name: str) -> CodeType:
        path, file_name = self._paths[name], self.get_filename(name)
        kept = self._kept.pop(path, None)
        if kept is not None:
            code: CodeType = marshal.loads(kept)  # noqa: S302 - see KeptCode
            if code.co_filename != file_name:  # of another version
                code = _renamed(code, file_name)
        else:
            code = compile(self.get_source(name), file_name, "exec", dont_inherit=True)
        return self._noted(path, code)

    def _noted(self, name: str, code: CodeType) -> CodeType:
        if self._keeping is not None and self._keeping.is_alive():
            self._used[name] = code
        return code

    def _keep_later(self, keeping: KeptCode) -> None:
        """Keep the code of all modules, those nobody has imported yet too: a while after the load, or when it goes.

        The thread knows the texts and the code, not the modules: a load that is replaced meanwhile can go.
        """
        self._replaced = threading.Event()
        work = (keeping, self._name, dict(self._carried.modules()), dict(self._kept), self._used, self._replaced)
        keeper = threading.Thread(target=_keep, args=work, name="openrouter-pipe-keep-code", daemon=True)
        with suppress(RuntimeError):  # no more threads: the next load keeps it
            keeper.start()
            self._keeping = keeper

    def _install(self, paths: Iterable[str]) -> None:
        self._paths = {self._module_name(path): path for path in paths}
        sys.modules[self.root] = module_from_spec(ModuleSpec(self.root, None, is_package=True))
        sys.meta_path.insert(0, self)  # or every other finder is asked for each module first

    def _module_name(self, path: str) -> str:
        return f"{self.root}.{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"

    def _file_name(self, path: str) -> str:
        return f"{self._name}/{path}"


def _others() -> bool:
    """Return whether this process has loaded code of a pipe before."""
    return any(type(one).__name__ == _CLASS for one in sys.meta_path)


def _aged() -> bool:
    """Move new objects to the oldest generation of the garbage collector; return False where somebody froze objects.

    What a load makes stays. Counted as new, it would make the collector look at all objects of the host in the middle
    of the load, which stalls every chat for some tenths of a second. What somebody has frozen stays so.
    """
    if gc.get_freeze_count() >= _OWN_FREEZE:  # counts them one by one
        return False
    gc.freeze()
    gc.unfreeze()
    return True


def _keep(
    keeping: KeptCode,
    name: str,
    sources: dict[str, str],
    kept: Mapping[str, bytes],
    used: dict[str, CodeType],
    now: threading.Event,
) -> None:
    """Write what was kept before, used meanwhile or is compiled now; others may run after each module."""
    now.wait(_KEPT_LATER)
    generated = {text: text for text in list(used) if not _is_path(text)}
    codes = {}
    for path, source in (sources | generated).items():
        file_name = f"{name}/{path}" if _is_path(path) else "<generated>"
        code = used.get(path)
        if code is None and path in kept:
            code = _renamed(marshal.loads(kept[path]), file_name)  # noqa: S302 - see KeptCode
        codes[path] = (_digest(source), marshal.dumps(code or compile(source, file_name, "exec", dont_inherit=True)))
        time.sleep(_KEEPING_PAUSE)
    used.clear()
    keeping.write(codes)


def _is_path(name: str) -> bool:
    return name.endswith(".py")


def _digest(source: str) -> bytes:
    return hashlib.sha256(source.encode()).digest()
