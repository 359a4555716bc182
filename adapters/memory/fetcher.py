"""Downloads from memory: names and answers that were written down before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ports.fetcher import Hop, HopAnswer, HopFailed, HopFlaw

Scripted = HopAnswer | HopFailed


class MemoryFetcher:
    """Implements Fetcher without a network.

    `names`: the answers to each lookup of a name, the last one repeats. `answers`: the answers to each GET of a URL, in
    the same way; a name or URL that is not there fails. `asked` holds every hop, `looked_up` every name.
    """

    def __init__(
        self, names: Mapping[str, Sequence[Sequence[str]]], answers: Mapping[str, Sequence[Scripted]] | None = None
    ) -> None:
        self._names = {name: list(each) for name, each in names.items()}
        self._answers = {url: list(each) for url, each in (answers or {}).items()}
        self.asked: list[Hop] = []
        self.looked_up: list[str] = []

    async def resolve(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        """Return the next answer for a name. Raises HopFailed."""
        self.looked_up.append(host)
        known = self._names.get(host)
        if not known:
            raise HopFailed(HopFlaw.UNRESOLVED)
        return tuple(dict.fromkeys(known.pop(0) if len(known) > 1 else known[0]))

    async def get(self, hop: Hop) -> HopAnswer:
        """Return or raise the next answer of a URL. Raises HopFailed."""
        self.asked.append(hop)
        known = self._answers.get(hop.url)
        if not known:
            raise HopFailed(HopFlaw.UNREACHABLE)
        answer = known.pop(0) if len(known) > 1 else known[0]
        if isinstance(answer, HopFailed):
            raise HopFailed(answer.flaw, answer.detail)
        if len(answer.content) > hop.limit:
            raise HopFailed(HopFlaw.TOO_LARGE)
        return answer if 200 <= answer.status < 300 else replace(answer, content=b"")
