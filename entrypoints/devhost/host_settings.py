"""The environment variables that a host is started with: few, offline, without the caller's own settings."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

KEPT_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "XDG_CACHE_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
)
"""The only variables of the caller's environment that the host gets, so that no key or setting leaks into it."""

SETTINGS = {
    "ENABLE_SIGNUP": "true",
    "FROM_INIT_PY": "true",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "ENABLE_VERSION_UPDATE_CHECK": "false",
    "RAG_EMBEDDING_MODEL_AUTO_UPDATE": "false",
    "WHISPER_MODEL_AUTO_UPDATE": "false",
    "RAG_EMBEDDING_ENGINE": "openai",
    "BYPASS_EMBEDDING_AND_RETRIEVAL": "true",
    "ENABLE_OLLAMA_API": "false",
    "ENABLE_OPENAI_API": "false",
    "ENABLE_API_KEYS": "true",
    "DATABASE_ENABLE_SESSION_SHARING": "true",  # otherwise each chat with a model that has a row takes two connections
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "PYTHONUNBUFFERED": "1",
}


def host_environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a host that stores everything in `folder`; `settings` override the defaults.

    Static files go into `folder` too: at each start a host deletes and rewrites them, and would otherwise do so inside
    the Python environment that it shares with other hosts.
    """
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    own = {
        "DATA_DIR": str(folder / "data"),
        "STATIC_DIR": str(folder / "static"),
        "WEBUI_SECRET_KEY": _secret(folder / "secret"),
        "NO_PROXY": "127.0.0.1,localhost",
    }
    return {**kept, **SETTINGS, **own, **settings}


def _secret(path: Path) -> str:
    """Return the secret of a data folder; it is created once and kept, so that stored tokens stay valid."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()
