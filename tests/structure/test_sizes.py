"""Every module fits in a reader's head, and so does every class: at most 300 lines, at most 12 attributes."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.structure.modules import nodes_of, paths, text_of, walk

LINES, ATTRIBUTES = 300, 12
TOPS = ("domain", "ports", "adapters", "entrypoints")
LONG = {
    "entrypoints/openwebui/pipe.py": "generated from the table of settings",
}
WIRE, TABLE, SETTING = "a wire body", "a row of a table or list, field by field", "settings"
LARGE = {
    ("domain/request/turn_request.py", "Parameters"): WIRE,
    ("ports/responses.py", "ResponsesBody"): WIRE,
    ("entrypoints/openai/completions_body.py", "CompletionsBody"): WIRE,
    ("entrypoints/simulator/bills.py", "Bill"): WIRE,
    ("entrypoints/simulator/records.py", "RequestRecord"): TABLE,
    ("ports/artifacts.py", "Artifact"): TABLE,
    ("ports/usage.py", "Usage"): TABLE,
    ("ports/ledger.py", "Entry"): TABLE,
    ("ports/response_events.py", "UpstreamProblem"): TABLE,
    ("domain/turn/steps.py", "End"): TABLE,
    ("ports/catalog.py", "Model"): TABLE,
    ("entrypoints/settings.py", "Settings"): SETTING,
    ("entrypoints/settings_upstream.py", "UpstreamSettings"): SETTING,
    ("entrypoints/settings_files.py", "FileSettings"): SETTING,
    ("entrypoints/settings_cards.py", "CardSettings"): SETTING,
    ("entrypoints/openwebui/pipe.py", "Valves"): SETTING,
    ("entrypoints/openwebui/pipe.py", "UserValves"): SETTING,
    ("entrypoints/openwebui/host_call.py", "HostCall"): "what the host hands over, value by value",
    ("domain/request/turn_request.py", "TurnRequest"): "the settings of one turn, in groups",
    ("entrypoints/core/caller_request.py", "CallerRequest"): "what an entrypoint hands over, value by value",
    ("domain/turn/plan.py", "TurnPlan"): "what one turn may do, value by value",
    ("entrypoints/core/container.py", "Container"): "one provider per thing that is wired",
}


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """Every class of ours, with its module."""
    for path in paths(*TOPS):
        yield from ((path, node) for node in nodes_of(path) if isinstance(node, ast.ClassDef))


def attributes(node: ast.ClassDef) -> set[str]:
    """The fields of a class and whatever its methods assign to `self`; members of an enumeration do not count."""
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    if "Enum" in bases:
        return set()
    names: set[str] = set()
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            names.add(part.target.id)
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            names |= {
                one.attr
                for one in walk(part)
                if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
                if isinstance(one.value, ast.Name) and one.value.id == "self"
            }
    return names


@cache
def counts() -> dict[tuple[str, str], int]:
    """The number of attributes of every class."""
    return {(path, node.name): len(attributes(node)) for path, node in classes()}


def test_no_module_is_longer_than_a_reader_can_hold():
    lengths = {path: len(text_of(path).splitlines()) for path in paths(*TOPS)}
    assert {path: lines for path, lines in lengths.items() if lines > LINES and path not in LONG} == {}


def test_no_class_has_more_attributes_than_a_reader_can_hold():
    assert {name: count for name, count in counts().items() if count > ATTRIBUTES and name not in LARGE} == {}


@pytest.mark.parametrize("path", LONG)
def test_a_long_module_is_still_long(path):
    assert len(text_of(path).splitlines()) > LINES


@pytest.mark.parametrize("name", LARGE, ids=".".join)
def test_a_large_class_is_still_large(name):
    assert counts()[name] > ATTRIBUTES


def test_fields_and_what_methods_assign_are_counted():
    method = "    def f(self):\n        self.y, self.z = 1, 2\n        self.y += 1\n        other.w = 3\n"
    (node,) = ast.parse(f"class A:\n    x: int\n{method}").body
    assert isinstance(node, ast.ClassDef)
    assert attributes(node) == {"x", "y", "z"}
