"""The one error of the dev host."""


class DevhostError(Exception):
    """Report a failed step in a text fit to be printed alone; `log` holds the last lines of the host, if any."""

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(message)
        self.log = log
