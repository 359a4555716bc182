"""Fail a test that leaves a task running."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.doubles.clock import until


@pytest.fixture(autouse=True)
async def nothing_left_running() -> AsyncIterator[None]:
    yield
    me = asyncio.current_task()
    await until(lambda: asyncio.all_tasks() == {me})
