"""Find the migration files: in the repository, or carried inside the single file."""

import shutil
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def revisions_dir(stack: ExitStack) -> Path:
    """Return the folder of the migration files. Blocks on file access: call it in a thread.

    Migrations carried by the single file are written to a temporary folder that only this user can read and that is
    removed when `stack` closes. Raises OSError.
    """
    carried: dict[str, str] | None = getattr(globals().get("__loader__"), "revisions", None)
    if carried is None:
        return REPOSITORY / "alembic" / "versions"
    folder = Path(tempfile.mkdtemp(prefix="openrouter_pipe_"))
    stack.callback(partial(shutil.rmtree, folder, ignore_errors=True))
    for name, text in carried.items():
        (folder / name).write_text(text, "utf-8")
    return folder
