"""
title: Counting
description: A tool with an effect that can be counted: a line in a file.
"""

from pathlib import Path


class Tools:
    """The tools that the host offers to the model."""

    async def count(self, path: str, key: str = "") -> str:
        """
        Append one line to a file.

        :param path: the file
        :param key: the text of the line
        """
        with Path(path).open("a") as file:
            file.write(f"{key}\n")
        return f"counted {key}"
