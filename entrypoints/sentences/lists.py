"""Lists of names, as sentences contain them."""

from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

LONGEST_LIST = 2_000
"""Characters of the names that one line lists."""


def listed_names(names: tuple[str, ...], vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return names as a list of bounded length; the rest is counted."""
    shown: list[str] = []
    for name in names:
        if sum(map(len, shown)) + len(name) > LONGEST_LIST:
            break
        shown.append(name)
    rest = len(names) - len(shown)
    listed = ", ".join(shown)
    return vocabulary.say("{names} and {rest} more", names=listed, rest=rest) if rest else listed
