"""Find what to ship: the modules the service imports, directly or through others, their packages, the revisions."""

from pathlib import Path

from entrypoints.openwebui.bundle.rewrite import ImportRefused, ProjectImport, project_imports

_TOOLS = "entrypoints/openwebui/bundle/"
_SHELL = "entrypoints/openwebui/pipe.py"
REVISIONS = "alembic/versions"


def reachable_sources(root: Path, entry: str) -> dict[str, str]:
    """Return path → text of the module `entry` and of all it imports, sorted by path.

    Imports below `if __name__ == "__main__"` do not count. A folder without `__init__.py` gets an empty one. Raises
    ImportRefused for an import of something that is not there, of the shell or of the build tools.
    """
    sources: dict[str, str] = {}
    waiting = [_existing(root, entry)]
    while waiting:
        path = waiting.pop()
        if path in sources:
            continue
        text = (root / path).read_text("utf-8") if (root / path).is_file() else ""
        sources[path] = text
        waiting += _packages(path)
        for found in project_imports(path, text):
            if found.runs:
                waiting += _targets(root, path, found)
    return dict(sorted(sources.items()))


def revision_texts(root: Path) -> dict[str, str]:
    """Return file name → text of the steps that bring a database up to date, sorted; they are carried unchanged.

    Raises ImportRefused for a step that imports something of the project: it must do the same for ever.
    """
    texts = {file.name: file.read_text("utf-8") for file in sorted((root / REVISIONS).glob("*.py"))}
    for name, text in texts.items():
        for found in project_imports(f"{REVISIONS}/{name}", text):
            reason = f"a revision imports nothing of the project, but {found.module}"
            raise ImportRefused(f"{REVISIONS}/{name}", found.line, reason)
    return texts


def _targets(root: Path, path: str, found: ProjectImport) -> list[str]:
    """Return the files that one import statement loads: the module, and every name that is a module itself."""
    module = _file(root, found.module)
    if module is None:
        raise ImportRefused(path, found.line, f"there is no module {found.module}")
    named = [_file(root, f"{found.module}.{name}") for name in found.names]
    targets = [module, *(file for file in named if file is not None)]
    for target in targets:
        if target == _SHELL or target.startswith(_TOOLS):
            raise ImportRefused(path, found.line, f"{target} is no part of the shipped code")
    return targets


def _existing(root: Path, module: str) -> str:
    path = _file(root, module)
    if path is None:
        raise FileNotFoundError(f"there is no module {module} in {root}")
    return path


def _file(root: Path, module: str) -> str | None:
    stem = module.replace(".", "/")
    if (root / f"{stem}.py").is_file():
        return f"{stem}.py"
    return f"{stem}/__init__.py" if (root / stem).is_dir() else None


def _packages(path: str) -> list[str]:
    folders = path.split("/")[:-1]
    return ["/".join([*folders[:depth], "__init__.py"]) for depth in range(1, len(folders) + 1)]
