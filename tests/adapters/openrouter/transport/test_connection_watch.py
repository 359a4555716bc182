"""What becomes of a connection whose answer was read, and which is kept for another one."""

import asyncio
import gc
from types import SimpleNamespace

import pytest
from aiohttp import ClientConnectionError, StreamReader
from aiohttp.base_protocol import BaseProtocol

from adapters.openrouter.transport.connection_watch import Watch


@pytest.mark.parametrize("answers", [1, 3])
async def test_a_kept_connection_that_is_reset_leaves_no_complaint(answers):
    loop, complaints = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))
    closed = loop.create_future()
    for _ in range(answers):
        connection = SimpleNamespace(protocol=SimpleNamespace(closed=closed, read_timeout=None), transport=None)
        content = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        watch = Watch(SimpleNamespace(content=content, connection=connection), 60.0)  # type: ignore[arg-type]
        watch.stop()
        assert content.exception() is None
    assert len(closed._callbacks) == 1  # however many answers a connection brings
    closed.set_exception(ClientConnectionError("reset by peer"))
    await asyncio.sleep(0)
    del closed, connection, watch
    gc.collect()
    assert complaints == []
