"""Every English sentence that has to be translated, found in the code itself."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from entrypoints.sentences.server_tools import Words

ROOT = Path(__file__).parents[3]
MODULES = (
    "allowances",
    "budgets",
    "escaping",
    "fault_texts",
    "faults",
    "lists",
    "media",
    "own_keys",
    "server_tools",
    "statuses",
    "times",
    "usage",
    "usage_labels",
    "vocabulary",
)
TABLES = (
    *(f"entrypoints.sentences.{name}" for name in MODULES),
    "entrypoints.openwebui.vocabulary",
    "entrypoints.openwebui.model_list",
)
SPEAKING = ("entrypoints/sentences", "entrypoints/openai", "entrypoints/openwebui")
SAID = {"say", "translated", "count"}
"""Methods of a vocabulary whose literal arguments are sentences."""
NO_TEXTS = {
    "entrypoints.sentences.allowances": {"ROUND_DOWN"},
    "entrypoints.sentences.escaping": {"_LIKE_ADDRESS"},
    "entrypoints.sentences.budgets": {"ROUND_HALF_UP"},
    "entrypoints.sentences.server_tools": {"_LANGUAGES", "_FIRST"},
    "entrypoints.sentences.usage": {"ROUND_HALF_UP"},
    "entrypoints.openwebui.vocabulary": {"AUTO"},
    "entrypoints.openwebui.model_list": {"_IDS"},
}
"""Texts of modules that are no sentences: names of programming languages, keys, ids."""
WORDS = re.compile(r"[^\W\d_]{2,}")
NAMES = re.compile(r"{(\w*)}")


def english_texts() -> dict[str, str]:
    """Return each text with the place where it stands."""
    found: dict[str, str] = {}
    for name in TABLES:
        for variable, text in tables_of(import_module(name), NO_TEXTS.get(name, set())):
            found.setdefault(text, f"{name}: {variable}")
    for folder in SPEAKING:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "german" not in path.parts:
                for line, text in literals_of(path.read_text("utf-8")):
                    found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return {text: place for text, place in found.items() if WORDS.search(NAMES.sub("", text)) or text == "${amount}"}


def tables_of(module: ModuleType, skipped: set[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of every constant of a module; those of a table are its values, not its keys."""
    for name, value in vars(module).items():
        imported = getattr(type(value), "__module__", "") not in ("builtins", *TABLES)
        if not name.startswith("__") and name not in skipped and not imported:
            for text in leaves(value):
                yield name, text


def leaves(value: object) -> Iterator[str]:
    """Yield every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Words):
        yield from (*value.sentences, value.name)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, tuple | list):
        yield from (text for one in value for text in leaves(one))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (text for one in fields(value) for text in leaves(getattr(value, one.name)))


def literals_of(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every literal that is said, at once or from a variable `sentence`."""
    for node in ast.walk(ast.parse(source)):
        for part in said(node):
            for one in ast.walk(part):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.lineno, one.value


def said(node: ast.AST) -> list[ast.expr]:
    """Return the expressions of a node that are sentences."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return node.args if name in SAID else []
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "sentence":
        return [node.value]
    return []
