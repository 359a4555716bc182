"""How long steps tell the person who waits what they are doing."""

from collections.abc import Callable

Progress = Callable[[str], None]


def say(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


def stay_silent(text: str) -> None:
    """Print nothing."""
    del text
