"""Every module of the benchmarks and drills can be imported: nothing else runs them after a rename."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("benchmarks", "tests/drills", "tests/oracle", "tests/doubles")


def test_benchmarks_drills_judges_and_doubles_can_be_imported() -> None:
    files = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if path.stem != "__main__"]
    code = "import importlib, sys\nfor name in sys.argv[1:]:\n    importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (len(names) > 50, done.returncode) == (True, 0), done.stderr[-2000:]
