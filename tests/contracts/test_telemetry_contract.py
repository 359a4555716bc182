"""The contract of every Telemetry."""

import logging

import pytest

from adapters.logs.structlog_telemetry import StructlogTelemetry
from ports.telemetry import Telemetry
from tests.doubles.telemetry import RecordedTelemetry

TELEMETRIES: tuple[type[Telemetry], ...] = (RecordedTelemetry, StructlogTelemetry)


class Broken(logging.Handler):
    """A failing log handler of a host."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("disk full")


@pytest.fixture(params=["memory", "text", "json"])
def telemetry(request: pytest.FixtureRequest) -> Telemetry:
    if request.param == "memory":
        return RecordedTelemetry()
    logger = logging.Logger("test")
    logger.addHandler(Broken())
    return StructlogTelemetry(lambda text: text, form=request.param, logger=logger)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_any_level_is_accepted(telemetry, level):
    telemetry.event(level, "something_happened", count=1, ratio=0.5, who="x", done=True, nothing=None)


@pytest.mark.parametrize("value", ["\ud800", "\0", "a\nb", "%s %d", "{x}", float("nan"), 10**400, object(), b"x"])
def test_no_value_raises(telemetry, value):
    telemetry.event("info", "odd", value=value)


@pytest.mark.parametrize("key", ["event", "exc_info", "stack_info", "logger", "msg", "args"])
def test_no_key_raises(telemetry, key):
    telemetry.event("info", "odd", **{key: "x"})
