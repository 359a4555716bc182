"""A real S3-compatible server on loopback, from a Python wheel; its objects live in memory."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.error import URLError

START_SECONDS = 60.0
BUCKET, PREFIX = "attachments", "uploads"


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server with one empty bucket."""

    url: str

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment of a host that stores its files here."""
        return {
            "STORAGE_PROVIDER": "s3",
            "S3_ENDPOINT_URL": self.url,
            "S3_BUCKET_NAME": BUCKET,
            "S3_KEY_PREFIX": PREFIX,
            "S3_REGION_NAME": "us-east-1",
            "S3_ADDRESSING_STYLE": "path",
            "S3_ACCESS_KEY_ID": "for-tests",
            "S3_SECRET_ACCESS_KEY": "for-tests",
        }

    def names(self) -> list[str]:
        """Return the keys of all objects."""
        with _direct().open(f"{self.url}/{BUCKET}?list-type=2", timeout=10) as answer:
            return re.findall("<Key>(.*?)</Key>", answer.read().decode())


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Run a server of its own process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = S3Server(f"http://127.0.0.1:{port}")
        _make_bucket(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _make_bucket(server: S3Server, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            _direct().open(urllib.request.Request(f"{server.url}/{BUCKET}", method="PUT"), timeout=10).close()
        except URLError:
            if time.monotonic() > until or process.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
