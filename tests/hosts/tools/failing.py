"""
title: Failing
description: Tools that raise.
"""


class Tools:
    """The tools that the host offers to the model."""

    async def fail(self, reason: str = "no reason") -> str:
        """
        Raise an error.

        :param reason: the message of the error
        """
        raise RuntimeError(reason)

    def leave(self) -> str:
        """Try to end the process."""
        raise SystemExit(3)
