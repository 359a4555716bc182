"""The threat table names tests and gates that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_test_and_gate_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:tests|domain|adapters|entrypoints)/[\w/.]+)`", PAGE)

    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_threat_names_what_guards_it() -> None:
    table = PAGE.partition("## Threats")[2].partition("What the pipe does not protect")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))]

    assert len(rows) > 15
    assert [row for row in rows if not re.search(r"\| `tests/[\w/.]+\.py`(, `tests/[\w/.]+\.py`)* \|$", row)] == []
