"""Print the progress of long steps."""

from collections.abc import Callable

Progress = Callable[[str], None]


def say(text: str) -> None:
    """Print one line and flush it, so that it appears at once in a pipe too."""
    print(text, flush=True)


def stay_silent(text: str) -> None:
    """Print nothing."""
    del text
