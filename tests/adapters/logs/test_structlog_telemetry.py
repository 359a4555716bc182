"""Log lines of the pipe's own logger: masked, and without changes to the host's logging configuration."""

import json
import logging

import pytest
import structlog

from adapters.logs.structlog_telemetry import LOGGER_NAME, StructlogTelemetry
from entrypoints.core.secret_mask import SecretMask
from ports.turn_scope import close_turn, enter_turn, leave_turn, open_turn


class Kept(logging.Handler):
    """Stores written lines."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append((record.levelname, record.getMessage()))


@pytest.fixture
def logger():
    return logging.Logger("test")


@pytest.fixture
def kept(logger):
    handler = Kept()
    logger.addHandler(handler)
    return handler


def test_a_line_contains_event_level_and_values(logger, kept):
    StructlogTelemetry(str, logger=logger).event("warning", "pool_full", waiting=3, model="a/b")
    [(level, line)] = kept.lines
    assert level == "WARNING"
    assert all(part in line for part in ("event='pool_full'", "level='warning'", "waiting=3", "model='a/b'"))


def test_a_line_can_be_json(logger, kept):
    StructlogTelemetry(str, logger=logger, form="json").event("info", "started", waiting=3)
    assert json.loads(kept.lines[0][1]) == {"event": "started", "level": "info", "waiting": 3}


def test_every_text_is_masked(logger, kept):
    telemetry = StructlogTelemetry(lambda text: text.replace("sk-1", "***"), logger=logger)
    telemetry.event("info", "call", detail="key sk-1 refused")
    assert "sk-1" not in kept.lines[0][1]
    assert "key *** refused" in kept.lines[0][1]


def test_a_text_is_one_line_and_bounded(logger, kept):
    StructlogTelemetry(str, logger=logger).event("info", "call", detail="a\nb" + "x" * 9000)
    assert "\n" not in kept.lines[0][1]
    assert len(kept.lines[0][1]) < 2_200


def test_levels_below_the_chosen_one_are_not_written(logger, kept):
    telemetry = StructlogTelemetry(str, level="WARNING", logger=logger)
    telemetry.event("info", "quiet")
    telemetry.set_level("debug")
    telemetry.event("debug", "loud")
    assert [line for line in kept.lines if "quiet" in line[1]] == []
    assert len(kept.lines) == 1


def test_an_unknown_level_changes_nothing_and_is_reported(logger, kept):
    telemetry = StructlogTelemetry(str, level="WARNING", logger=logger)
    telemetry.set_level("chatty")
    assert logger.level == logging.WARNING
    assert "log_level_unknown" in kept.lines[0][1]


def test_nothing_but_our_logger_is_configured():
    before = (structlog.get_config(), logging.root.level, list(logging.root.handlers))
    StructlogTelemetry(str).event("info", "started")
    assert (structlog.get_config(), logging.root.level, list(logging.root.handlers)) == before
    assert logging.getLogger(LOGGER_NAME).handlers == []


def test_an_application_that_configures_structlog_does_not_change_our_lines(logger, kept):
    structlog.configure(processors=[lambda *_: "theirs"])
    try:
        StructlogTelemetry(str, logger=logger).event("info", "started")
    finally:
        structlog.reset_defaults()
    assert "started" in kept.lines[0][1]


def test_a_line_of_a_running_turn_carries_its_ids_once(logger, kept):
    telemetry = StructlogTelemetry(str, logger=logger, form="json")
    turn = open_turn({"request_id": "turn", "error_id": "ab12", "user_id": "ann"})
    enter_turn(turn)
    telemetry.event("warning", "store_failed", error_id="given")
    close_turn(turn)
    telemetry.event("warning", "later")
    leave_turn(turn)
    lines = [json.loads(line) for _, line in kept.lines]
    assert lines == [
        {"event": "store_failed", "level": "warning", "request_id": "turn", "error_id": "given", "user_id": "ann"},
        {"event": "later", "level": "warning"},
    ]


def test_the_record_of_a_turn_gets_every_line_whatever_the_level(logger, kept):
    telemetry = StructlogTelemetry(str, logger=logger, level="ERROR")
    received = Received()
    turn = open_turn({}, received)
    enter_turn(turn)
    telemetry.event("debug", "attempt_began", attempt=1)
    leave_turn(turn)
    assert received.lines == [("debug", "attempt_began", {"attempt": 1})]
    assert kept.lines == []


def test_the_configuration_of_structlog_stays_the_hosts(logger):
    before = structlog.get_config()
    StructlogTelemetry(str, logger=logger).event("info", "one")
    assert structlog.get_config() == before
    assert structlog.contextvars.get_contextvars() == {}


class Received:
    def __init__(self):
        self.lines = []

    def log(self, level, name, values):
        self.lines.append((level, name, dict(values)))


def test_a_secret_in_one_text_is_masked_whether_or_not_texts_are_judged_together(logger, kept):
    telemetry = StructlogTelemetry(SecretMask({"OTHER_API_KEY": "correct-horse-battery"}), logger=logger)
    telemetry.event("info", "said", plain="x", secret="correct-horse-battery", cut="correct-horse")
    telemetry.event("info", "said", plain="x" * 3000)
    assert "correct-horse" not in kept.lines[0][1]
    assert len(kept.lines[1][1]) < 2100


def test_only_levels_that_somebody_reads_are_wanted(logger):
    telemetry = StructlogTelemetry(str, level="INFO", logger=logger)
    assert telemetry.wants("info")
    assert not telemetry.wants("debug")
    turn = open_turn({}, Received())
    enter_turn(turn)
    assert telemetry.wants("debug")
    leave_turn(turn)
    assert not telemetry.wants("debug")
