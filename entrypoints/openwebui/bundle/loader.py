"""Import modules from text under a root name of their own, so that several loads live side by side unseen."""

import importlib
import linecache
import secrets
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType


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

    def load(self, module: str) -> ModuleType:
        """Import `module`, named without the root, and all it needs. If the first load fails, nothing stays behind."""
        with self._lock:
            first = self.root not in sys.modules
            self._install()
            try:
                return importlib.import_module(f"{self.root}.{module}")
            except BaseException:
                if first:
                    self.unload()
                raise

    def unload(self) -> None:
        """Forget the modules: none of this load can be imported any more, what is in use lives on until dropped."""
        with self._lock:
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
        """Compile and run one module, letting other threads run in between: compiling holds the interpreter."""
        name = module.__name__
        code = compile(self.get_source(name), self.get_filename(name), "exec", dont_inherit=True)
        linecache.lazycache(self.get_filename(name), module.__dict__)  # tracebacks show the lines
        time.sleep(0)
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
