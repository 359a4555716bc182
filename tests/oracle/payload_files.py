"""Chat-completions bodies captured from real clients: two versions of the host, and the OpenAI SDK."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("payloads")
PAYLOADS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
