"""What the single file contains, and what is refused before a host could trip over it."""

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from entrypoints.openwebui.bundle.__main__ import run
from entrypoints.openwebui.bundle.build import BundleRefused, build
from entrypoints.openwebui.bundle.pack import pack
from entrypoints.openwebui.bundle.rewrite import ImportRefused
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY

QUOTES = "'" * 3


def random_text(length: int) -> str:
    """Text that hardly compresses, the same each time."""
    return "".join(Random(1).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=length))


def append(tree: Path, path: str, text: str) -> None:
    file = tree / path
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def test_the_file_carries_what_the_service_reaches_and_nothing_else(tree: Path) -> None:
    assert build(tree).paths == (
        "adapters/__init__.py",
        "adapters/late.py",
        "domain/__init__.py",
        "domain/turn/__init__.py",
        "domain/turn/machine.py",
        "entrypoints/__init__.py",
        "entrypoints/openwebui/__init__.py",
        "entrypoints/openwebui/bundle/__init__.py",
        "entrypoints/openwebui/bundle/data_classes.py",
        "entrypoints/openwebui/service.py",
        "ports/__init__.py",
        "ports/clock.py",
    )


def test_imports_that_only_run_as_a_program_ship_nothing(tree: Path) -> None:
    append(tree, "ports/clock.py", 'if __name__ == "__main__":\n    from adapters.never import run\n')

    assert "adapters/never.py" not in build(tree).paths


def test_the_same_tree_elsewhere_gives_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(tree, copy)

    assert build(copy).text == build(tree).text


def test_the_front_matter_states_the_version_and_what_hosts_lack(bundle_text: str) -> None:
    lines = bundle_text.splitlines()

    assert lines[0] == '"""'
    assert "version: 9.8.7" in lines
    assert "requirements: structlog>=24, orjson" in lines
    assert "required_open_webui_version: 0.6.28" in lines


def test_the_front_matter_asks_for_what_no_host_shares(tree: Path) -> None:
    shutil.copy(REPOSITORY / "pyproject.toml", tree / "pyproject.toml")
    wanted = (
        "requirements: dependency-injector>=4.48, structlog>=24.1, orjson>=3.10, python-ulid>=3.0, aiosqlite>=0.20, "
        "lz4>=4.3, pyzipper>=0.3.6"
    )

    assert wanted in build(tree).text.splitlines()
    assert wanted in (REPOSITORY / "entrypoints/openwebui/pipe.py").read_text("utf-8").splitlines()


def test_a_requirement_keeps_its_lower_bound_only_as_hosts_split_at_commas(tree: Path) -> None:
    project = tree / "pyproject.toml"
    odd = '"orjson[fast] >= 3.10, <4; python_version > \'3\'", "lz4 != 4.0", "structlog"'
    text = project.read_text("utf-8").partition("dependencies")[0]
    project.write_text(f"{text}dependencies = [{odd}]\n", "utf-8")

    assert "requirements: orjson>=3.10, lz4, structlog" in build(tree).text.splitlines()


def test_the_replacements_of_the_host_change_nothing(bundle_text: str) -> None:
    for old in ("utils", "apps", "main", "config"):
        assert bundle_text.replace(f"from {old}", f"from open_webui.{old}") == bundle_text


def test_nothing_a_host_could_replace_or_a_string_could_trip_over_is_in_the_compressed_text() -> None:
    _, _, text = pack({"a.py": "from " + "utils" + " import x\n" * 99, "b.py": random_text(50_000)}, {})

    assert text.isascii()
    assert not set(text) & set(" '\"\\\t\r")
    assert max(map(len, text.splitlines())) <= 120


def test_the_files_alone_decide_the_digest_of_the_contents(bundle_text: str, tree: Path) -> None:
    before = build(tree)
    append(tree, "ports/clock.py", "# more\n")

    assert before.contents in bundle_text
    assert build(tree).contents != before.contents


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"X = r{QUOTES}a{QUOTES}\n", "three single quotes"),
        ("# taken from " + "main memory\n", "from " + "main"),
        ("X = 'from " + "utils'\n", "from " + "utils"),
        ("X = 1", "line break"),
        (f"X = '{random_text(1_400_000)}'\n", "bytes, more than"),
        ("if 1: from ports import clock\n", "unpacked with other imports"),
    ],
)
def test_a_text_a_host_would_trip_over_is_refused(tree: Path, text: str, reason: str) -> None:
    append(tree, "ports/clock.py", text)

    with pytest.raises(BundleRefused, match=reason):
        build(tree)


def test_sentences_in_another_language_are_written_as_they_are_read(tree: Path) -> None:
    path = "entrypoints/sentences/german/lines.py"
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text('LINES = {"for": "f\u00fcr"}\n', "utf-8")
    append(tree, "ports/clock.py", "from entrypoints.sentences.german.lines import LINES\n")

    assert build(tree).text.isascii()


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("ports/clock.py", "# an ellipsis: \u2026\n", r"ports/clock\.py:4: \u2026 \(U\+2026\) is not ASCII"),
        ("ports/clock.py", "X = '\U0001f600'\n", r"ports/clock\.py:4: .* \(U\+1F600\) is not ASCII"),
        ("alembic/versions/0001_first.py", "X = '\xe9'\n", r"alembic/versions/0001_first\.py:1: .* \(U\+00E9\)"),
        ("entrypoints/openwebui/pipe.py", "# caf\xe9\n", r"entrypoints/openwebui/pipe\.py:\d+: .* \(U\+00E9\)"),
    ],
)
def test_a_character_beyond_ascii_is_refused_with_its_place(tree: Path, path: str, line: str, reason: str) -> None:
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).touch()
    append(tree, path, line)

    with pytest.raises(BundleRefused, match=reason):
        build(tree)


def test_a_first_line_that_hides_the_front_matter_is_refused(tree: Path) -> None:
    shell = tree / "entrypoints/openwebui/pipe.py"
    shell.write_text("#!/usr/bin/env python\n" + shell.read_text("utf-8"), "utf-8")

    with pytest.raises(BundleRefused, match="first line"):
        build(tree)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("from domain.missing import x\n", "there is no module domain.missing"),
        ("from entrypoints.openwebui.pipe import Pipe\n", "no part of the shipped code"),
        ("from entrypoints.openwebui import pipe\n", "no part of the shipped code"),
    ],
)
def test_an_import_of_something_not_shipped_is_refused_with_its_line(tree: Path, line: str, reason: str) -> None:
    append(tree, "ports/clock.py", line)

    with pytest.raises(ImportRefused, match=rf"ports/clock\.py:4: .*{reason}"):
        build(tree)


def test_the_command_writes_the_file(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "dist" / "pipe.py"

    assert run(["--root", str(tree), "--output", str(output)]) == 0
    assert output.read_text("utf-8") == build(tree).text
    assert "12 modules" in capsys.readouterr().out


def test_the_command_writes_the_digest_of_the_file_beside_it(tree: Path, tmp_path: Path) -> None:
    output = tmp_path / "dist" / "pipe.py"

    assert run(["--root", str(tree), "--output", str(output)]) == 0
    listed = (tmp_path / "dist" / "pipe.py.sha256").read_text("ascii")
    assert listed == f"{sha256(output.read_bytes()).hexdigest()}  pipe.py\n"
    subprocess.run(["sha256sum", "-c", "pipe.py.sha256"], cwd=output.parent, check=True, capture_output=True)


def test_the_command_of_the_admins_page_finds_the_digest_in_an_export(
    tree: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output, export = tmp_path / "pipe.py", tmp_path / "functions-export.json"
    run(["--root", str(tree), "--output", str(output)])
    export.write_text(json.dumps([{"id": "openrouter", "content": output.read_text("utf-8")}]), "utf-8")
    page = (REPOSITORY / "docs" / "admins.md").read_text("utf-8")
    (command,) = re.findall(r"^python -c '([^']*)' functions-export\.json$", page, re.M)
    capfd.readouterr()

    subprocess.run([sys.executable, "-c", command, str(export)], check=True)

    expected = (tmp_path / "pipe.py.sha256").read_text("ascii").split()[0]
    assert capfd.readouterr().out == f"{expected}  openrouter\n"


def test_the_command_names_what_stands_in_its_way(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(tree, "ports/clock.py", "import domain\n")

    assert run(["--root", str(tree)]) == 1
    assert "ports/clock.py:4" in capsys.readouterr().err


def test_the_repository_itself_gives_a_file_a_host_accepts() -> None:
    bundle = build(REPOSITORY)

    assert "entrypoints/settings_snapshot.py" in bundle.paths
    assert "entrypoints/settings_generate.py" not in bundle.paths
    assert not [path for path in bundle.paths if path.startswith(("entrypoints/simulator", "entrypoints/devhost"))]
    of_the_bundle = [path for path in bundle.paths if path.startswith("entrypoints/openwebui/bundle/")]
    assert [path.rpartition("/")[2] for path in of_the_bundle] == ["__init__.py", "data_classes.py"]
    assert bundle.text.isascii()
    assert len(bundle.text) < 1_250_000  # a megabyte of ASCII costs the host nothing, two 0.4 ms a chat
    assert bundle.text.startswith('"""\ntitle: OpenRouter\nid: openrouter\n')
