"""The parts of the closing line: each names its numbers by a word, or by an icon."""

from dataclasses import dataclass

ICONS = ("\u23f1", "\U0001f4b0", "\U0001f522", "\U0001f4e5", "\U0001f4e4", "\u267b", "\U0001f9e0")
"""For time, cost, all tokens, input, output, cached and reasoning tokens: a clock, money, digits, two trays, a circle
of arrows, a brain."""
SUM_ICONS = ("\U0001f4ac", "\U0001f4c5")
"""For what a chat and a month have cost: a speech balloon, a calendar. They may follow the others in a set of icons."""


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
    chat: str = "Chat {cost}"
    month: str = "This month {cost}"


WORDS = UsageLabels()


def icon_labels(icons: str) -> UsageLabels:
    """Return the labels of a set of seven or nine icons, separated by blanks, in the order of ICONS and SUM_ICONS.

    WORDS for another set.
    """
    shown = icons.replace("{", "{{").replace("}", "}}").split()
    shown += SUM_ICONS if len(shown) == len(ICONS) else ()
    if len(shown) != len(ICONS) + len(SUM_ICONS):
        return WORDS
    time, cost, total, given, written, cached, reasoning, chat, month = shown
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
        chat=f"{chat} {{cost}}",
        month=f"{month} {{cost}}",
    )
