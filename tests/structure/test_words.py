"""The core and the adapters know no setting by its name, and the core says nothing to people."""

import ast
import re
from collections.abc import Collection, Iterator

import pytest

from tests.structure.modules import nodes_of, paths, text_of, walk

SETTINGS = tuple(f"entrypoints/settings{part}.py" for part in ("", "_requests", "_upstream", "_metrics"))
WORDS = re.compile(r"[^\W\d_]{2,},? [^\W\d_]{2,}(?![\w=])")
"""Two words in a row; not a tag and its attribute."""

THE_MODEL_READS = "the model reads it: it goes into a request"
IN_THE_LOG = "the reason of an error that only the log names"
FOREIGN = "words of upstream that are looked for"
FIXED = "a name, not a sentence"
HELP = "the help of a metric, which operators read"
TABLE = "reasons in a table that developers read"
ALLOWED = {
    "domain/conversation/lenient_json.py": THE_MODEL_READS,
    "domain/conversation/placeholders.py": THE_MODEL_READS,
    "domain/tools/arguments.py": THE_MODEL_READS,
    "domain/tools/dialects/words.py": THE_MODEL_READS,
    "domain/tools/replies.py": THE_MODEL_READS,
    "domain/breakers/text.py": IN_THE_LOG,
    "domain/catalog/snapshot.py": IN_THE_LOG,
    "domain/redaction/records.py": IN_THE_LOG,
    "domain/services/attempt.py": IN_THE_LOG,
    "domain/services/background_pass.py": IN_THE_LOG,
    "domain/services/drive_turn.py": IN_THE_LOG,
    "domain/services/list_models.py": IN_THE_LOG,
    "domain/services/render_record.py": IN_THE_LOG,
    "domain/services/sweep_chats.py": IN_THE_LOG,
    "domain/services/sync_models.py": IN_THE_LOG,
    "domain/turn/recorded_values.py": IN_THE_LOG,
    "domain/services/measured.py": HELP,
    "domain/tools/registry.py": IN_THE_LOG,
    "domain/tools/strict.py": IN_THE_LOG,
    "domain/faults/address.py": FOREIGN,
    "domain/faults/classify.py": FOREIGN,
    "domain/faults/amounts.py": FOREIGN,
    "domain/faults/daily_limit.py": FOREIGN,
    "domain/faults/makers.py": FOREIGN,
    "domain/faults/none_left.py": FOREIGN,
    "domain/faults/refused_part.py": FOREIGN,
    "domain/request/parameter_repairs.py": FOREIGN,
    "domain/request/refusal.py": FOREIGN,
    "domain/request/refusal_words.py": FOREIGN,
    "domain/request/spellings.py": FOREIGN,
    "domain/request/tool_repairs.py": FOREIGN,
    "domain/turn/outcome.py": FIXED,
    "domain/request/coverage.py": TABLE,
    "domain/conversation/item_types.py": TABLE,
    "domain/egress/addresses.py": TABLE,
}


def texts(*folders: str) -> dict[str, str]:
    """Path and text of every module below the folders."""
    return {path: text_of(path) for path in paths(*folders)}


def setting_names() -> set[str]:
    """The names of all settings, read from the table without importing it."""
    names: set[str] = set()
    for module in SETTINGS:
        for node in nodes_of(module):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
                made = node.value.func
                if isinstance(made, ast.Name) and made.id == "setting" and isinstance(node.target, ast.Name):
                    names.add(node.target.id.upper())
    return names


def sentences(nodes: Collection[ast.AST]) -> Iterator[str]:
    """The literals of a module that hold two words in a row; neither docstrings nor annotations."""
    skipped = {id(part) for node in nodes for root in beside_code(node) for part in walk(root)}
    for node in nodes:
        said = node.value if isinstance(node, ast.Constant) and id(node) not in skipped else None
        if isinstance(said, str) and WORDS.search(said):
            yield said


def beside_code(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that no one ever reads at run time."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        yield node.returns


def test_no_setting_is_named_in_the_core_or_an_adapter():
    names = setting_names()
    assert {"API_KEY", "BASE_URL", "MODEL_ID"} <= names
    named = re.compile(rf"\b(?:{'|'.join(sorted(names))}|[Vv]alves?)\b")
    found = {path: named.findall(text) for path, text in texts("domain", "ports", "adapters").items()}
    assert {path: hits for path, hits in found.items() if hits} == {}


def test_the_core_holds_no_sentence_for_people():
    found = {path: list(sentences(nodes_of(path))) for path in paths("domain") if path not in ALLOWED}
    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize("path", ALLOWED)
def test_an_exception_that_is_not_needed_any_more_goes(path):
    assert list(sentences(nodes_of(path)))


def test_the_scan_finds_sentences_and_passes_over_what_nobody_reads():
    text = '"""A docstring."""\nx: "Task or None" = say("It failed. Try again.")\ny = f"waited {x} for it"\n'
    assert list(sentences(tuple(walk(ast.parse(text))))) == ["It failed. Try again.", " for it"]


HOST_FORMATS = ("<details", "<think", "]: #", "&quot;", '"local"', '"temporary"', "openrouter-pipe-v1")
"""What a host or its entrypoint writes into texts and ids; the core reads it through a `HistoryFormat` or a value."""


def test_core_contains_no_format_of_a_host():
    found = {path: [part for part in HOST_FORMATS if part in text] for path, text in texts("domain", "ports").items()}
    assert {path: parts for path, parts in found.items() if parts} == {}


def test_scan_for_formats_of_a_host_finds_them_where_they_belong():
    text = text_of("entrypoints/openwebui/history_format.py")
    assert [part for part in HOST_FORMATS if part not in text] == ['"local"', '"temporary"']
