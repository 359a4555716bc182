"""Rules that have one room: no second copy may appear, even one that agrees today."""

import ast
from pathlib import Path

from ports.offload import LARGE

ROOT = Path(__file__).parents[1]
SHIPPED = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"))
    for top in ("domain", "ports", "adapters")
    for path in sorted((ROOT / top).rglob("*.py"))
}
PIECES = frozenset({"PIECE", "SLICE", "READ", "LINGER_BYTES", "LONGEST_LITERAL"})
"""Constants of that size which are no limit of the event loop."""


def value_of(node: ast.expr) -> object:
    """The value of a constant or a product of such; None for anything else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = value_of(node.left), value_of(node.right)
        return left * right if isinstance(left, int) and isinstance(right, int) else None
    return node.value if isinstance(node, ast.Constant) else None


def test_only_the_port_says_how_much_work_the_loop_bears():
    named = [
        (path, target.id)
        for path, tree in SHIPPED.items()
        for node in tree.body
        if isinstance(node, ast.Assign) and value_of(node.value) == LARGE
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert [(path, name) for path, name in named if name not in PIECES] == [("ports/offload.py", "LARGE")]
