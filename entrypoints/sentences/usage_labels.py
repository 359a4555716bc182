"""The parts of the closing line: each names its numbers by a word, or by an icon."""

from dataclasses import dataclass

ICONS = ("\u23f1", "\U0001f4b0", "\U0001f522", "\U0001f4e5", "\U0001f4e4", "\u267b", "\U0001f9e0")
"""For time, cost, all tokens, input, output, cached and reasoning tokens: a clock, money, digits, two trays, a circle
of arrows, a brain."""


@dataclass(frozen=True, slots=True)
class UsageLabels:
    """The parts, English where they hold words; the vocabulary translates them and fills in the numbers."""

    time: str = "Time: {seconds}s"
    time_and_speed: str = "Time: {seconds}s {speed} tps"
    cost: str = "Cost {cost}"
    cost_so_far: str = "Cost so far {cost}"
    total: str = "Total tokens: {total} ({parts})"
    input: str = "Input: {count}"
    output: str = "Output: {count}"
    cached: str = "Cached: {count}"
    reasoning: str = "Reasoning: {count}"


WORDS = UsageLabels()


def icon_labels(icons: str) -> UsageLabels:
    """Return the labels of a set of seven icons, separated by blanks, in the order of ICONS; WORDS for another set."""
    shown = icons.replace("{", "{{").replace("}", "}}").split()
    if len(shown) != len(ICONS):
        return WORDS
    time, cost, total, given, written, cached, reasoning = shown
    return UsageLabels(
        time=f"{time} {{seconds}}s",
        time_and_speed=f"{time} {{seconds}}s {{speed}} tps",
        cost=f"{cost} {{cost}}",
        cost_so_far=f"{cost} {{cost}}",
        total=f"{total} {{total}} ({{parts}})",
        input=f"{given} {{count}}",
        output=f"{written} {{count}}",
        cached=f"{cached} {{count}}",
        reasoning=f"{reasoning} {{count}}",
    )
