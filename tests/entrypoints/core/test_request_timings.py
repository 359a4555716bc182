"""The timing log of a real turn through the core, as the settings of each call want it."""

import json
from dataclasses import replace
from pathlib import Path

from entrypoints.core.request_timings import RequestTimings
from entrypoints.settings import Settings
from ports.timings import timing_mark, timing_scope
from tests.doubles.telemetry import RecordedTelemetry

ON = Settings(enable_timing_log=True, timing_log_file="logs/timing.jsonl")


def labels(file: Path) -> list[str]:
    return [json.loads(line)["label"] for line in file.read_text("utf-8").splitlines()]


async def test_without_the_setting_there_is_no_scope_and_no_file(tmp_path: Path):
    timings = RequestTimings(tmp_path, RecordedTelemetry())
    assert timings.scope(Settings(), "one") is None
    await timings.aclose()
    assert list(tmp_path.iterdir()) == []


async def test_a_relative_file_lies_in_the_folder_and_an_absolute_one_where_it_says(tmp_path: Path):
    timings = RequestTimings(tmp_path / "data", RecordedTelemetry())
    with timing_scope(timings.scope(ON, "one")):
        timing_mark("a")
    with timing_scope(timings.scope(replace(ON, timing_log_file=str(tmp_path / "own.jsonl")), "two")):
        timing_mark("b")
    await timings.aclose()
    assert labels(tmp_path / "data" / "logs" / "timing.jsonl") == ["a"]
    assert labels(tmp_path / "own.jsonl") == ["b"]


async def test_without_a_folder_only_an_absolute_file_is_used(tmp_path: Path):
    timings = RequestTimings(None, RecordedTelemetry())
    assert timings.scope(ON, "one") is None
    assert timings.scope(replace(ON, timing_log_file=str(tmp_path / "own.jsonl")), "one") is not None
    await timings.aclose()


async def test_switching_it_off_counts_for_the_next_request(tmp_path: Path):
    timings = RequestTimings(tmp_path, RecordedTelemetry())
    with timing_scope(timings.scope(ON, "one")):
        timing_mark("a")
    assert timings.scope(Settings(), "two") is None
    await timings.aclose()
    assert labels(tmp_path / "logs" / "timing.jsonl") == ["a"]
