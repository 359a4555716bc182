"""Everything works with the standard library's JSON; one warning reports that it is slower."""

import subprocess
import sys
from pathlib import Path

from adapters.openrouter import client as client_module
from adapters.openrouter.client import AioResponsesClient
from adapters.process.clock import SystemClock

ROOT = Path(__file__).parents[4]
PROGRAM = """
import sys
sys.modules["orjson"] = None
from datetime import UTC, datetime
from adapters.openrouter.wire.request_body import serialise
from adapters.openrouter.wire.codec import FASTEST, ORJSON_INSTALLED
from adapters.openrouter.responses.events import ResponsesVocabulary
from adapters.openrouter.stream.translator import Translator
print(FASTEST.name, ORJSON_INSTALLED)
print(serialise({"model": "a/b", "input": ({"content": "é"},)}).decode())
translator = Translator(ResponsesVocabulary(lambda: datetime.now(UTC)))
print(translator.translate([b'{"type":"response.output_text.delta","delta":"x"}']))
"""


def test_without_orjson_the_standard_library_reads_and_writes():
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout.splitlines() == [
        "json False",
        '{"model":"a/b","input":[{"content":"é"}]}',
        "[TextDelta(index=-1, item_id='', part=0, text='x')]",
    ], ran.stderr


def test_one_warning_names_the_missing_library(pool, telemetry, monkeypatch):
    monkeypatch.setattr(client_module, "ORJSON_INSTALLED", False)
    AioResponsesClient(pool, SystemClock(), telemetry, lambda: 5)
    assert len(telemetry.named("orjson_missing")) == 1


def test_there_is_no_warning_when_the_library_is_installed(client, telemetry):
    assert client is not None
    assert telemetry.named("orjson_missing") == []
