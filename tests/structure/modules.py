"""The project's own source text, each module read and parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def paths(*folders: str) -> tuple[str, ...]:
    """The paths of all modules below the folders, relative to the project."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(str(path.relative_to(ROOT)) for path in found)


@cache
def text_of(path: str) -> str:
    """The text of a module."""
    return (ROOT / path).read_text("utf-8")


@cache
def tree_of(path: str) -> ast.Module:
    """A module's syntax tree; nobody changes it."""
    return ast.parse(text_of(path))


@cache
def nodes_of(path: str) -> tuple[ast.AST, ...]:
    """All nodes of a module's syntax tree."""
    return tuple(ast.walk(tree_of(path)))
