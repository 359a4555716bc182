"""
title: Adding
description: An asynchronous tool that adds two numbers.
"""


class Tools:
    """The tools that the host offers to the model."""

    async def add(self, a: int, b: int) -> int:
        """
        Add two numbers.

        :param a: first
        :param b: second
        """
        return a + b

    add.idempotent = True
