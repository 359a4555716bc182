"""What precedes each number of the closing line: a word, or an icon."""

from dataclasses import dataclass

ICONS = ("\u23f1", "\U0001f4b0", "\U0001f522", "\U0001f4e5", "\U0001f4e4", "\u267b", "\U0001f9e0")
"""For time, cost, all tokens, input, output, cached and reasoning tokens: a clock, money, digits, two trays, a circle
of arrows, a brain."""


@dataclass(frozen=True, slots=True)
class UsageLabels:
    """Each with the blank that follows it. `so_far` marks the cost of a stopped answer."""

    time: str = "Time: "
    cost: str = "Cost "
    total: str = "Total tokens: "
    input: str = "Input: "
    output: str = "Output: "
    cached: str = "Cached: "
    reasoning: str = "Reasoning: "
    so_far: str = "so far "


WORDS = UsageLabels()


def icon_labels(icons: str) -> UsageLabels:
    """Return the labels of a set of seven icons, separated by blanks, in the order of ICONS; WORDS for another set."""
    shown = icons.split()
    if len(shown) != len(ICONS):
        return WORDS
    time, cost, total, given, written, cached, reasoning = (f"{icon} " for icon in shown)
    return UsageLabels(time, cost, total, given, written, cached, reasoning, so_far="")
