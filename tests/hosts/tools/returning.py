"""
title: Returning
description: Tools whose results are large, pictures, or sources.
"""

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


class Tools:
    """The tools that the host offers to the model."""

    async def return_much(self, megabytes: int = 5) -> str:
        """
        Return a long text.

        :param megabytes: how long
        """
        return "0123456789abcdef" * (megabytes * 65536)

    async def return_text(self, text: str, times: int = 1) -> str:
        """
        Return a text.

        :param text: the text
        :param times: how often
        """
        return text * times

    async def return_image(self) -> str:
        """Return a picture of one pixel."""
        return PIXEL

    async def return_sources(self, count: int = 2) -> list[dict]:
        """
        Return pages found.

        :param count: how many
        """
        return [
            {"title": f"Page {n}", "url": f"https://pages.example/{n}", "snippet": f"About {n}."} for n in range(count)
        ]

    async def return_document(self) -> bytes:
        """Return a document."""
        return b"%PDF-1.4 \xff"
