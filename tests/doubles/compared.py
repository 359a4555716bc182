"""Texts that count comparisons: how a test sees that nothing is searched for among all others."""


class Compared(str):
    """A text that counts how often any of its kind is compared; a test sets `times` back to 0."""

    __slots__ = ()
    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        Compared.times += 1
        return str.__ne__(self, other)

    __hash__ = str.__hash__
