"""What the single file carries: checked before it is used, and written out for people to read."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.openwebui.bundle.build import build
from entrypoints.openwebui.bundle.carried import CarriedFiles, run_as_script
from entrypoints.openwebui.bundle.pack import pack
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY, HostLoad, packed

MODULES = {"domain/turn/noun.py": "from ...ports.clock import START\n\n\ndef now():\n    from ...ports import clock\n"}
STEPS = {"0001_words.py": "revision = '0001'\n"}


def written(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text("utf-8") for file in folder.rglob("*") if file.is_file()}


def test_what_was_packed_comes_out_again() -> None:
    carried = packed(MODULES, STEPS)

    assert (carried.modules(), carried.revisions()) == (MODULES, STEPS)


def test_line_ends_a_paste_changed_do_no_harm() -> None:
    contents, digest, text = pack(MODULES, STEPS)

    assert CarriedFiles(contents, digest, text.replace("\n", "\r\n  ")).modules() == MODULES


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-40], lambda text: "0" + text[1:], lambda _: "", lambda _: "\u2026"]
)
def test_a_damaged_text_is_reported_before_anything_is_unpacked(spoil) -> None:
    contents, digest, text = pack(MODULES, STEPS)
    carried = CarriedFiles(contents, digest, spoil(text))

    for used in (carried.check, carried.modules, carried.revisions):
        with pytest.raises(ImportError, match=r"^openrouter_pipe\.py was cut off or changed") as caught:
            used()
        assert caught.value.__context__ is None


def test_other_contents_under_a_right_digest_of_the_text_are_refused() -> None:
    _, digest, text = pack(MODULES, STEPS)

    with pytest.raises(ImportError, match=r"openrouter_pipe\.py"):
        CarriedFiles("00" * 32, digest, text).modules()


async def test_people_read_that_their_file_was_cut_off(
    bundle_text: str, host_load: HostLoad, caplog: pytest.LogCaptureFixture
) -> None:
    lines = bundle_text.splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if len(line) == 121)
    module = host_load("".join(lines[:last] + lines[last + 1 :]))

    with caplog.at_level(logging.ERROR):
        models = await module.Pipe().pipes()

    assert "openrouter_pipe.py was cut off or changed" in models[0]["name"]
    assert "paste the whole file again" in models[0]["name"]
    assert "zlib" not in caplog.text
    assert module._EMBEDDED not in sys.meta_path


def test_the_file_writes_out_what_it_carries_as_it_stands_in_the_repository(tmp_path: Path) -> None:
    bundle, file = build(REPOSITORY), tmp_path / "openrouter_pipe.py"
    file.write_text(bundle.text, "utf-8")
    command = [sys.executable, str(file), "--unpack", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    found = written(tmp_path / "out")
    assert bundle.contents in done.stdout
    assert set(bundle.paths) < set(found)
    assert {path for path in found if path not in bundle.paths} == {
        str(file.relative_to(REPOSITORY)) for file in (REPOSITORY / "alembic/versions").glob("*.py")
    }
    for path, text in found.items():
        assert text == (REPOSITORY / path).read_text("utf-8"), path


def test_imports_are_absolute_again_when_they_are_written_out(tmp_path: Path) -> None:
    assert run_as_script(packed(MODULES, STEPS), ["--unpack", str(tmp_path)]) == 0

    text = "from ports.clock import START\n\n\ndef now():\n    from ports import clock\n"
    assert written(tmp_path) == {"domain/turn/noun.py": text, "alembic/versions/0001_words.py": STEPS["0001_words.py"]}


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    assert run_as_script(packed(MODULES, STEPS), ["--unpack", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert written(tmp_path) == {"mine.txt": "mine"}


@pytest.mark.parametrize("arguments", [[], ["--unpack"], ["--help"], ["out"]])
def test_run_otherwise_the_file_says_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_as_script(packed(MODULES, STEPS), arguments) == 2
    assert "--unpack FOLDER" in capsys.readouterr().err
