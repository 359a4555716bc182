"""A small tree to bundle, and loading of a bundle the way the host does it."""

import shutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from entrypoints.openwebui.bundle.build import build
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY, TREE, HostLoad


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the real shell and a service of two modules."""
    for path, text in TREE.items():
        file = tmp_path / "tree" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    shutil.copy(REPOSITORY / "entrypoints/openwebui/pipe.py", tmp_path / "tree/entrypoints/openwebui/pipe.py")
    return tmp_path / "tree"


@pytest.fixture
def bundle_text(tree: Path) -> str:
    return build(tree).text


@pytest.fixture
def host_load() -> Iterator[HostLoad]:
    """Load a text as the host does: blind replacements, a bare module, `exec`; cleans up afterwards."""
    loaded: list[ModuleType] = []

    def load(text: str, name: str = "function_openrouter") -> ModuleType:
        for old in ("utils", "apps", "main", "config"):
            text = text.replace(f"from {old}", f"from open_webui.{old}")
        module = types.ModuleType(name)
        sys.modules[name] = module
        exec(text, module.__dict__)
        loaded.append(module)
        return module

    yield load
    for module in loaded:
        module.__dict__["_EMBEDDED"].unload()
        sys.modules.pop(module.__name__, None)
