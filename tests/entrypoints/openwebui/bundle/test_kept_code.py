"""Compiled code kept in the data folder: used again, and only if nobody else can have written it."""

import errno
import linecache
import marshal
import os
import sys
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from entrypoints.openwebui.bundle import loader
from entrypoints.openwebui.bundle.kept_code import KeptCode
from entrypoints.openwebui.bundle.loader import EmbeddedModules
from tests.entrypoints.openwebui.bundle.small_tree import packed
from tests.patience import PATIENCE

SOURCES = {"inner/__init__.py": "", "inner/noun.py": "def fail():\n    raise KeyError('here')\n"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(loader, "_KEPT_LATER", 0.0)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def load(sources: Mapping[str, str] = SOURCES) -> EmbeddedModules:
    modules = EmbeddedModules("openrouter_pipe_test", packed(sources, {}))
    modules.load("inner.noun")
    return modules


def eventually_true(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def kept(folder: Path) -> Path:
    load().unload()
    eventually_true(lambda: len(files(folder)) == 1 and not files(folder)[0].name.startswith("."))
    return files(folder)[0]


def compiled(monkeypatch: pytest.MonkeyPatch, sources: Mapping[str, str] = SOURCES) -> list[str]:
    """Load once more; return what the load itself had to compile."""
    names: list[str] = []
    loading = threading.current_thread()

    def counting(source: str, name: str, *rest: object, **more: object) -> object:
        if threading.current_thread() is loading:
            names.append(name.partition("/")[2])
        return compile(source, name, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(loader, "compile", counting, raising=False)
    load(sources).unload()
    return names


def test_code_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_second_load_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)
    assert compiled(monkeypatch) == []


def test_of_another_version_only_what_changed_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)
    assert compiled(monkeypatch, {**SOURCES, "inner/__init__.py": "# new\n"}) == ["inner/__init__.py"]


def test_the_next_version_is_kept_too_changed_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)
    changed = {**SOURCES, "inner/__init__.py": "# new\n"}
    load(changed).unload()
    eventually_true(lambda: len([file for file in files(tmp_path) if not file.name.startswith(".")]) == 2)
    assert compiled(monkeypatch, changed) == []


def test_a_load_that_is_replaced_before_its_time_is_kept_all_the_same(tmp_path: Path) -> None:
    """Somebody saves twice within seconds: the second load may still use what the first one compiled."""
    load().unload()
    eventually_true(lambda: files(tmp_path) and not files(tmp_path)[0].name.startswith("."))


def test_modules_nobody_imported_yet_are_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {**SOURCES, "inner/late.py": "WORD = 'late'\n"}
    load(sources).unload()
    eventually_true(lambda: files(tmp_path) and not files(tmp_path)[0].name.startswith("."))
    names: list[str] = []
    monkeypatch.setattr(loader, "compile", lambda *given, **_: names.append(given[1]), raising=False)
    modules = load(sources)
    assert modules.load("inner.late").__dict__["WORD"] == "late"
    assert names == []
    modules.unload()


def test_generated_code_that_was_used_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_KEPT_LATER", 60.0)  # written when the load goes
    loaded = load()
    loaded.compiled("used = 1")
    loaded.unload()
    eventually_true(lambda: files(tmp_path) and not files(tmp_path)[0].name.startswith("."))
    changed = {**SOURCES, "inner/noun.py": "def fail():\n    pass\n"}
    texts: list[str] = []
    monkeypatch.setattr(loader, "compile", lambda text, *_, **__: texts.append(text), raising=False)
    modules = EmbeddedModules("openrouter_pipe_test", packed(changed, {}))
    modules.load("inner")
    namespace: dict[str, object] = {}
    exec(modules.compiled("used = 1"), namespace)
    assert namespace["used"] == 1
    assert texts == []
    modules.unload()


def test_kept_code_needs_no_text_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)
    monkeypatch.setattr(zlib, "decompressobj", None)
    load().unload()


def test_tracebacks_of_kept_code_name_the_file_and_show_its_lines(tmp_path: Path) -> None:
    kept(tmp_path)
    modules = load()
    try:
        sys.modules[f"{modules.root}.inner.noun"].fail()
    except KeyError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    assert (frame.filename, frame.line) == ("openrouter_pipe_test/inner/noun.py", "raise KeyError('here')")
    modules.unload()
    assert linecache.getline("openrouter_pipe_test/inner/noun.py", 2) == ""


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1] + b"x")


def shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:40])


def open_up(file: Path) -> None:
    file.chmod(0o644)


def link(file: Path) -> None:
    file.rename(file.with_suffix(".other"))
    file.symlink_to(file.with_suffix(".other"))


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir(mode=0o700)


def forge(file: Path) -> None:
    """A file of other code without the digest of its content."""
    code = marshal.dumps(compile("import nothing_like_it", "x", "exec"))
    evil = marshal.dumps({path: (sha256(text.encode()).digest(), code) for path, text in SOURCES.items()})
    file.write_bytes(file.read_bytes()[:96] + evil)


@pytest.mark.parametrize("spoil", [damage, shorten, open_up, link, replace_by_folder, forge])
def test_a_file_that_is_not_as_it_was_left_is_not_used(spoil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(kept(tmp_path))
    assert len(compiled(monkeypatch)) == 2


def test_the_file_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert len(compiled(monkeypatch)) == 2


def test_without_a_data_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "nowhere"))
    assert len(compiled(monkeypatch)) == 2
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    KeptCode(tmp_path / "nowhere", "00" * 32).write({"inner/noun.py": (b"", b"")})
    assert files(tmp_path) == []


def test_code_of_older_texts_goes(tmp_path: Path) -> None:
    for number in range(6):
        KeptCode(tmp_path, f"0{number}" * 32).write({})
    assert len(files(tmp_path)) == 4


@pytest.mark.parametrize("name", ["x" * 5000, "\udcff"], ids=["too long", "no text"])
def test_a_data_folder_that_cannot_be_asked_for_does_not_break_a_load(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / name))
    assert len(compiled(monkeypatch)) == 2


@pytest.mark.parametrize("function", ["open", "scandir", "fstat", "fdopen"])
def test_a_data_folder_on_a_broken_disk_does_not_break_a_load(
    function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale mount answers to its name, but to nothing else."""
    kept(tmp_path)

    def stale(*_: object, **__: object) -> None:
        raise OSError(errno.ESTALE, "stale file handle")

    changed = {name: f"{text}# new\n" for name, text in SOURCES.items()}
    with monkeypatch.context() as broken:
        broken.setattr(os, function, stale)
        assert compiled(broken, changed) == ["inner/__init__.py", "inner/noun.py"]


def test_a_full_disk_keeps_nothing_and_leaves_no_draft(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    full = os.open("/dev/full", os.O_WRONLY)
    keeping = KeptCode(tmp_path, "00" * 32)
    with pytest.MonkeyPatch.context() as patched:
        real = os.open

        def opened(*given: Any) -> int:
            os.close(real(*given))
            return full

        patched.setattr(os, "open", opened)
        keeping.write({"inner/noun.py": (b"", b"x" * 100_000)})
    assert files(tmp_path) == []


def test_a_load_goes_on_where_no_thread_can_be_had_to_keep_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    assert len(compiled(monkeypatch)) == 2
    assert files(tmp_path) == []
