"""Foreign text on one line, as people read it."""


def visible_line(text: str) -> str:
    """Return a text as one line; characters that print nothing, or turn the direction of what follows, are blanks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
