"""References inside one schema: pointers and anchors. Nothing is ever fetched."""

from typing import Any
from urllib.parse import unquote

from adapters.json_schema.shape import NoSchema, examine
from ports.work_budget import WorkBudget

ANCHORS = ("$anchor", "$dynamicAnchor")


class References:
    """The targets of the references of one schema. What was found once is kept."""

    def __init__(self, root: dict[str, Any], inside: list[dict[str, Any]]) -> None:
        self._root = root
        self._base = root.get("$id", "").partition("#")[0]
        self._own_addresses = any("$id" in node for node in inside if node is not root)
        self._anchors = {node[key]: node for node in reversed(inside) for key in ANCHORS if key in node}
        self._found: dict[str, object] = {}

    def target(self, reference: str, budget: WorkBudget) -> Any:
        """Return the schema a reference leads to. Raises NoSchema for one that leads nowhere, or elsewhere."""
        budget.spend(1 + len(reference) // 64)
        if reference not in self._found:
            address, _, fragment = reference.partition("#")
            if self._own_addresses or (address and address != self._base):
                raise NoSchema
            found = self._at(fragment, budget)
            examine(found, budget)
            self._found[reference] = found
        return self._found[reference]

    def _at(self, fragment: str, budget: WorkBudget) -> object:
        if fragment and not fragment.startswith("/"):
            if fragment not in self._anchors:
                raise NoSchema
            return self._anchors[fragment]
        node: Any = self._root
        for step in fragment.split("/")[1:]:
            budget.spend()
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isascii() and name.isdigit() and len(name) < 10:
                node = node[int(name)] if int(name) < len(node) else None
            else:
                node = node.get(name) if isinstance(node, dict) else None
        return node
