"""Connections that lie in the pool: one that the server has closed is noticed before it is used.

SQLAlchemy's own check asks the server before every use, which takes as long as a small statement. A server that ends
says so on the socket; one that vanished without a word is asked after a while.
"""

import select
import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

ASKED_AFTER = 30.0
"""Seconds without use after which the server is asked."""
_LEFT = "left_at"


def watch_idle(engine: AsyncEngine) -> None:
    """Replace connections of the pool that were closed while they lay there, before they are used."""
    dialect = engine.sync_engine.dialect

    def left(_: Any, record: Any) -> None:
        record.info[_LEFT] = time.monotonic()

    def taken(connection: Any, record: Any, _: Any) -> None:
        since = record.info.get(_LEFT)
        if since is None or (time.monotonic() - since < ASKED_AFTER and not _has_news(connection)):
            return
        try:
            alive = dialect.do_ping(connection)
        except (DBAPIError, dialect.loaded_dbapi.Error):
            alive = False
        if not alive:
            raise DisconnectionError("the server closed the connection")

    event.listen(engine.sync_engine, "checkin", left)
    event.listen(engine.sync_engine, "checkout", taken)


def lay_in_pool(connection: AsyncConnection) -> bool:
    """Return whether a connection just taken was used before."""
    return connection.sync_connection is not None and _LEFT in connection.sync_connection.info


def _has_news(connection: Any) -> bool:
    """Return whether something has arrived on an idle connection: nothing does but its end, and rarely a notice."""
    poll = getattr(select, "poll", None)
    if poll is None:  # Windows
        return True
    try:
        news = poll()
        news.register(connection.driver_connection.fileno(), select.POLLIN)
        return bool(news.poll(0))
    except (OSError, AttributeError, ValueError):
        return True
