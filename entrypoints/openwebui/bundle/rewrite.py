"""Make the project's absolute imports relative, line for line, so that the modules work under any root name.

In the same way data classes get a `dataclass` that costs a load less (ADR 66).
"""

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from entrypoints.openwebui.bundle.carried import DATA_CLASSES

ROOTS = frozenset({"domain", "ports", "adapters", "entrypoints"})
_STANDARD = "dataclasses"


class ImportRefused(Exception):
    """A module imports in a way that cannot be made relative; says where and why."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}")
        self.path, self.line, self.reason = path, line, reason


@dataclass(frozen=True, slots=True)
class ProjectImport:
    """One `from module import names`; `runs` is false below `if __name__ == "__main__"`; `column` counts bytes."""

    line: int
    column: int
    module: str
    names: tuple[str, ...]
    runs: bool


def package_text(path: str, text: str) -> str:
    """Return the source of the module at `path` (posix, from the top folder) as it stands inside a package.

    Every `from domain.x import y` becomes relative, `from dataclasses import dataclass` imports `DATA_CLASSES`, no line
    moves, nothing else changes. Raises ImportRefused for `import domain.x`, which binds a top-level name, and for
    imports that are relative already.
    """
    lines = text.split("\n")
    dots = "." * len(PurePosixPath(path).parts)  # one for each folder, and one for the file's own package
    for found in reversed(_replaced_imports(path, text)):  # so that columns before the change stay true
        line = lines[found.line - 1].encode()
        head, tail = line[: found.column].decode(), line[found.column :].decode()
        match = re.match(rf"from\s+{re.escape(found.module)}(?=\s)", tail)
        if match is None:
            raise ImportRefused(path, found.line, f"write `from {found.module} import` on one line")
        module = DATA_CLASSES if found.module == _STANDARD else found.module
        lines[found.line - 1] = f"{head}from {dots}{module}{tail[match.end() :]}"
    return "\n".join(lines)


def project_imports(path: str, text: str) -> tuple[ProjectImport, ...]:
    """List the imports of the project's own modules, wherever in the file they stand."""
    return tuple(found for found in _replaced_imports(path, text) if found.module != _STANDARD)


def _replaced_imports(path: str, text: str) -> tuple[ProjectImport, ...]:
    tree = ast.parse(text, path)
    idle = {id(node) for guard in ast.walk(tree) if _only_as_program(guard) for node in ast.walk(guard)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            _refuse_plain(path, node)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                raise ImportRefused(path, node.lineno, "imports are absolute in this repository")
            names = tuple(alias.name for alias in node.names)
            if module.partition(".")[0] in ROOTS or (module == _STANDARD and "dataclass" in names):
                found.append(ProjectImport(node.lineno, node.col_offset, module, names, id(node) not in idle))
    return tuple(sorted(found, key=lambda one: (one.line, one.column)))


def _refuse_plain(path: str, node: ast.Import) -> None:
    for alias in node.names:
        if alias.name.partition(".")[0] in ROOTS:
            raise ImportRefused(path, node.lineno, f"write `from … import …` instead of `import {alias.name}`")


def _only_as_program(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {
        "__name__ == '__main__'",
        "'__main__' == __name__",
    }
