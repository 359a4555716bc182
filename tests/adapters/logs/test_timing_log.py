"""The timing log: lines of JSON, written by a thread, bounded, rotated, and never in a request's way."""

import json
from itertools import count
from pathlib import Path

import adapters.logs.timing_log as module
from adapters.logs.timing_log import MOST_STATIONS, TimingLog
from ports.timings import Station, timing, timing_mark, timing_scope
from tests.doubles.telemetry import RecordedTelemetry


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_each_station_is_a_line_with_its_request(tmp_path: Path):
    ticks = count(10)
    log = TimingLog(tmp_path / "deep" / "timing.jsonl", RecordedTelemetry(), perf=lambda: float(next(ticks)))
    with timing_scope(log.scope("request-1")), timing("prepare"):
        timing_mark("reached")
    log.close()
    first, second, third = lines(tmp_path / "deep" / "timing.jsonl")
    assert [line["event"] for line in (first, second, third)] == ["enter", "mark", "exit"]
    assert set(first) == {"ts", "perf_ts", "event", "label", "request_id"}
    assert third["elapsed_ms"] == 3000.0
    assert {line["request_id"] for line in (first, second, third)} == {"request-1"}


def test_nothing_is_created_before_the_first_line(tmp_path: Path):
    log = TimingLog(tmp_path / "logs" / "timing.jsonl", RecordedTelemetry())
    log.scope("request-1")
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_a_request_has_at_most_so_many_stations(tmp_path: Path):
    log = TimingLog(tmp_path / "timing.jsonl", RecordedTelemetry())
    scope = log.scope("request-1")
    for _ in range(MOST_STATIONS + 5):
        scope.record(Station("mark", "again"))
    log.close()
    assert len(lines(tmp_path / "timing.jsonl")) + log.dropped == MOST_STATIONS


def test_what_does_not_fit_the_queue_is_dropped_and_counted(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "QUEUE", 3)
    monkeypatch.setattr(TimingLog, "_start", lambda self: None)  # nobody writes
    telemetry = RecordedTelemetry()
    log = TimingLog(tmp_path / "timing.jsonl", telemetry)
    for _ in range(5):
        log.scope("request-1").record(Station("mark", "again"))
    log.close()
    assert telemetry.only("timing_log_incomplete").values["dropped"] == 2


def test_a_file_that_cannot_be_written_is_reported_once_and_names_the_setting(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    telemetry = RecordedTelemetry()
    log = TimingLog(tmp_path / "file" / "timing.jsonl", telemetry)
    for _ in range(3):
        log.scope("request-1").record(Station("mark", "again"))
    log.close()
    assert telemetry.only("timing_log_unwritable").values["setting"] == "TIMING_LOG_FILE"


def test_a_full_file_is_renamed_and_the_oldest_go(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "FILE_BYTES", 400)
    log = TimingLog(tmp_path / "timing.jsonl", RecordedTelemetry())
    scope = log.scope("request-1")
    for number in range(40):
        scope.record(Station("mark", f"station_{number}"))
    log.close()
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["timing.jsonl", "timing.jsonl.1", "timing.jsonl.2", "timing.jsonl.3"]
    assert all(file.stat().st_size <= 400 for file in tmp_path.iterdir())


def test_a_closed_log_takes_nothing_more(tmp_path: Path):
    log = TimingLog(tmp_path / "timing.jsonl", RecordedTelemetry())
    scope = log.scope("request-1")
    log.close()
    scope.record(Station("mark", "late"))
    assert list(tmp_path.iterdir()) == []
