"""The error of the development host."""


class DevhostError(Exception):
    """A step failed. The message is complete by itself; `log` holds the last lines the host printed, if any."""

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(message)
        self.log = log
