"""An upstream that serves only a model list, which the test changes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Entry = dict[str, Any]


class ListServer:
    """Serves `entries` on loopback inside `with`; `loads` counts the requests for them."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.loads = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="list-server")

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self._server.server_port}/api/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def offer(self, slug: str, *, sees: bool = False, calls: bool = False, draws: bool = False, **more: Any) -> None:
        """Add a model to the list, or replace it: `sees` pictures, `calls` tools, `draws` pictures."""
        self.entries[slug] = {
            "id": slug,
            "name": f"Model {slug}",
            "description": f"About {slug}.",
            "architecture": {
                "input_modalities": ["text", "image"] if sees else ["text"],
                "output_modalities": ["text", "image"] if draws else ["text"],
            },
            "pricing": {"prompt": "0", "completion": "0"},
            "supported_parameters": ["temperature", *(["tools"] if calls else [])],
            **more,
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                served.loads += 1
                body = json.dumps({"data": list(served.entries.values())}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Log nothing, to keep the output of the tests clean."""

        return Handler
