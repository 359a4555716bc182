"""The pages that tools of upstream found: each is a source of the answer once, however often it is cited or found."""

from collections.abc import Iterable

from domain.turn.server_tools import Source, untracked


class FoundSources:
    """The sources of one turn. Citations come first: they say more of a page than the search that found it.

    `shown`: addresses of sources that somebody else shows of this answer.
    """

    def __init__(self, shown: Iterable[str] = ()) -> None:
        self._cited = dict.fromkeys(map(untracked, shown))
        self._found: dict[str, Source] = {}

    def cite(self, source: str) -> bool:
        """Note that a source is shown, by its address or else its name; return whether it is the first time."""
        source = untracked(source)
        known = source in self._cited
        self._cited[source] = None
        return not known

    def find(self, sources: Iterable[Source]) -> None:
        """Note pages that a tool found; a later title replaces a missing one."""
        for one in sources:
            known = self._found.get(one.url)
            if known is None or (one.title and not known.title):
                self._found[one.url] = one

    def left(self) -> list[Source]:
        """Return the pages not shown yet, in the order found, and count them as shown; each has a title."""
        left = [Source(url, one.title or url) for url, one in self._found.items() if url not in self._cited]
        self._found = {}
        self._cited.update(dict.fromkeys(one.url for one in left))
        return left
