"""What a waiting person reads until the first word arrives."""

from domain.faults.fault import Fault

LINES: tuple[tuple[str, float], ...] = (
    ("", 0.3),
    ("Thinking…", 1.2),
    ("Still thinking…", 2.5),
    ("Working on a good answer…", 2.0),
    ("This one takes a moment…", 1.0),
    ("Still here, waiting for the model…", 0.0),
)
"""Text, and seconds until the next one. A quick answer needs no word before it: the first line is silence."""

FOR_A_PLACE = "Waiting for a free place…"


def again(fault: Fault, wait: float, attempt: int) -> str:
    """Say that attempt number `attempt` follows in `wait` seconds, and why."""
    return f"{fault.happened} Trying again in {max(1, round(wait))} s (attempt {attempt})…"
