"""The core stays pure: it imports the standard library and ports, and only its services wait."""

import ast
import sys
from functools import cache

from tests.structure.modules import nodes_of, paths

WAITING = frozenset({"asyncio", "time", "random", "socket", "threading", "secrets", "subprocess", "logging", "os"})
ALLOWED = {"domain": {"domain", "ports"}, "ports": {"ports"}}
LONGEST_FUNCTION = 60

Import = ast.Import | ast.ImportFrom


@cache
def imports() -> dict[str, list[Import]]:
    """What every module of the core and the ports imports."""
    return {path: [node for node in nodes_of(path) if isinstance(node, Import)] for path in paths("domain", "ports")}


def reached(node: Import) -> set[str]:
    """The top-level packages an import reaches."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.split(".")[0] for name in names}


def test_the_core_imports_only_the_standard_library_and_what_its_layer_may():
    beyond = [
        (path, name)
        for path, nodes in imports().items()
        for node in nodes
        for name in reached(node) - sys.stdlib_module_names - ALLOWED[path.split("/")[0]]
    ]
    assert beyond == []


def test_nothing_waits_reads_clocks_or_rolls_dice_outside_the_services():
    pure = {path: nodes for path, nodes in imports().items() if not path.startswith("domain/services/")}
    assert [(path, name) for path, nodes in pure.items() for node in nodes for name in reached(node) & WAITING] == []


def test_own_modules_are_imported_absolutely_and_by_name():
    relative = [path for path, nodes in imports().items() for node in nodes if getattr(node, "level", 0)]
    whole = [
        path
        for path, nodes in imports().items()
        for node in nodes
        if isinstance(node, ast.Import) and reached(node) & {"domain", "ports"}
    ]
    assert (relative, whole) == ([], [])


def test_functions_stay_readable():
    functions = [
        (path, node)
        for path in paths("domain", "ports")
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [(path, node.name) for path, node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    assert long == []
