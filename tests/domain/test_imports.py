"""The core stays pure: it imports the standard library and ports, and only its services wait."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
    for top in ("domain", "ports")
    for path in sorted((ROOT / top).rglob("*.py"))
}
WAITING = frozenset({"asyncio", "time", "random", "socket", "threading", "secrets", "subprocess", "logging", "os"})
ALLOWED = {"domain": {"domain", "ports"}, "ports": {"ports"}}
LONGEST_FUNCTION = 60


IMPORTS = {
    path: [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for path, tree in MODULES.items()
}


def reached(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The top-level packages an import reaches."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.split(".")[0] for name in names}


def test_the_core_imports_only_the_standard_library_and_what_its_layer_may():
    beyond = [
        (path, name)
        for path, nodes in IMPORTS.items()
        for node in nodes
        for name in reached(node) - sys.stdlib_module_names - ALLOWED[path.split("/")[0]]
    ]
    assert beyond == []


def test_nothing_waits_reads_clocks_or_rolls_dice_outside_the_services():
    pure = {path: nodes for path, nodes in IMPORTS.items() if not path.startswith("domain/services/")}
    assert [(path, name) for path, nodes in pure.items() for node in nodes for name in reached(node) & WAITING] == []


def test_own_modules_are_imported_absolutely_and_by_name():
    relative = [path for path, nodes in IMPORTS.items() for node in nodes if getattr(node, "level", 0)]
    whole = [
        path
        for path, nodes in IMPORTS.items()
        for node in nodes
        if isinstance(node, ast.Import) and reached(node) & {"domain", "ports"}
    ]
    assert (relative, whole) == ([], [])


def test_functions_stay_readable():
    functions = [
        (path, node)
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [(path, node.name) for path, node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    assert long == []
