"""Imports become relative without moving a line."""

import ast

import pytest

from entrypoints.openwebui.bundle.rewrite import ImportRefused, package_text

SERVICE = "entrypoints/openwebui/service.py"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (SERVICE, "from domain.x import y\n", "from ...domain.x import y\n"),
        (SERVICE, "from ports import clock as c\n", "from ...ports import clock as c\n"),
        (SERVICE, "from domain.x import (\n    a,\n    b,\n)\n", "from ...domain.x import (\n    a,\n    b,\n)\n"),
        (SERVICE, "def f():\n    from ports.x import y\n", "def f():\n    from ...ports.x import y\n"),
        (SERVICE, "é = 1; from ports.x import y\n", "é = 1; from ...ports.x import y\n"),
        (SERVICE, "from  ports.x  import y\n", "from ...ports.x  import y\n"),
        ("domain/__init__.py", "from ports.x import y\n", "from ..ports.x import y\n"),
        ("domain/turn.py", "from ports.x import y\n", "from ..ports.x import y\n"),
    ],
)
def test_an_import_of_the_project_becomes_relative_to_the_root(path: str, text: str, expected: str) -> None:
    assert package_text(path, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nfrom json import loads\n",
        '"""Says: from domain.x import y."""\n',
        "# from domain.x import y\nx = 'from ports.x import y'\n",
        "from domainx.y import z\n",
        "x = '\u2028'\n\x0c\nfrom json import loads\n",
    ],
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert package_text(SERVICE, text) == text


def test_lines_keep_their_numbers_when_a_text_holds_unusual_line_breaks() -> None:
    text = "x = '\u2028'\n\x0c\nfrom ports.x import y\n"

    assert package_text("domain/a.py", text) == text.replace("from ports", "from ..ports")


@pytest.mark.parametrize(
    "text",
    [
        "import domain.x\n",
        "import os, ports\n",
        "from . import x\n",
        "from ..a import x\n",
        "from \\\n domain.x import y\n",
    ],
)
def test_an_import_that_cannot_be_made_relative_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ImportRefused, match=r"^domain/a\.py:2: "):
        package_text("domain/a.py", "\n" + text)


def test_what_is_rewritten_is_still_python() -> None:
    text = "if True:\n    from domain.a import b; from ports import c\n"

    assert ast.parse(package_text(SERVICE, text))
