"""The marker line that names the turn in its text, where nothing else that the host returns does."""

from entrypoints.openwebui.history_format import marker_line


class TurnMarker:
    """Decides whether a text begins with the marker; once per turn. `wanted`: the page stores references at all."""

    def __init__(self, turn_id: str, *, wanted: bool) -> None:
        self._turn_id, self._wanted = turn_id, wanted
        self._owed = False

    def owe(self) -> None:
        """Note that the turn leaves something in our store which the page does not name."""
        self._owed = self._wanted

    def settle(self) -> None:
        """Note that something that comes back names the turn."""
        self._wanted = self._owed = False

    def before(self, text: str) -> str:
        """Return a text that begins a paragraph of the answer, after the marker if it is owed.

        Pages hide a marker with blank lines around it and show one inside a paragraph.
        """
        if not self._owed:
            return text
        self.settle()
        return f"{marker_line(self._turn_id)}\n\n{text}"
