"""A store of records in memory."""

from ports.transcripts import Record, Render, Transcript


class KeptTranscripts:
    """Implements Transcripts; `transcripts` in the order in which they ended."""

    def __init__(self, render: Render | None = None, most_entries: int = 20_000) -> None:
        self.most_entries, self._render = most_entries, render
        self.transcripts: list[Transcript] = []

    def accept(self, transcript: Transcript) -> None:
        """Keep it."""
        self.transcripts.append(transcript)

    @property
    def records(self) -> list[Record]:
        """Return the rendered records."""
        assert self._render is not None
        return [self._render(transcript) for transcript in self.transcripts]
