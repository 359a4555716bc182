"""The guard around a presenter: the stream ends exactly once."""

from typing import Any

import pytest

from domain.turn.steps import Ended, ShowCall, ShowCallResult, ShowText
from entrypoints.openai.frames import Yield
from entrypoints.openai.guard import Unended
from entrypoints.openwebui.present.guard import PageGuard
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry
from tests.entrypoints.openwebui.streaming import Told
from tests.entrypoints.openwebui.told import HostList, ended, kinds, result, tool_call, yielded

FIRST_ID = f"{1:016x}"


class Broken(NativePresenter):
    """Can show calls, but no text and no end."""

    def _text(self, segment: int, text: str) -> Any:
        raise LookupError(f"{segment} {text}")

    def _end(self, end: Any) -> Any:
        raise ValueError(end)


def test_fault_that_ends_the_stream_carries_the_id_of_the_log_line() -> None:
    telemetry = RecordedTelemetry()
    guard = PageGuard(NativePresenter("r1", (0, 12), Wishes()), FakeIds(), telemetry)

    frames = guard.closing(LookupError("what was sent"))

    assert FIRST_ID in yielded(frames)[-1]["error"]["message"]
    line = telemetry.only("answer_not_shown")
    assert (line.level, line.values["error_id"], line.values["error"]) == ("error", FIRST_ID, "LookupError")


def test_text_of_a_defect_is_neither_shown_nor_logged() -> None:
    telemetry = RecordedTelemetry()
    guard = PageGuard(NativePresenter("r1", (0, 8), Wishes()), FakeIds(), telemetry)

    frames = guard.closing(LookupError("what was sent"))

    assert "what was sent" not in f"{frames} {telemetry.lines}"


def test_defect_after_the_end_is_only_logged() -> None:
    telemetry = RecordedTelemetry()
    guard = PageGuard(Told(), FakeIds(), telemetry)
    guard.present(ended())

    assert not guard.closing(LookupError())
    assert telemetry.named("answer_not_shown")


def test_nothing_follows_the_end() -> None:
    guard = PageGuard(Told(), FakeIds(), RecordedTelemetry())
    guard.present(ended())

    assert not guard.present(ShowText(0, "more"))


def test_outputs_without_an_end_are_a_defect() -> None:
    with pytest.raises(Unended):
        PageGuard(Told(), FakeIds(), RecordedTelemetry()).completed()


def test_presenter_that_cannot_even_end_leaves_a_plain_error() -> None:
    guard = PageGuard(Told(breaks_at=Ended), FakeIds(), RecordedTelemetry())

    (frame,) = guard.closing(LookupError())
    assert isinstance(frame, Yield)
    assert isinstance(frame.payload, dict)
    assert frame.payload["error"]["error_id"] == FIRST_ID


def test_open_calls_get_an_output_even_when_the_presenter_cannot_give_them_one() -> None:
    guard = PageGuard(Broken("r1", (0, 12), Wishes()), FakeIds(), RecordedTelemetry())
    shown = [*guard.present(ShowCall(0, tool_call(1)))]
    shown += guard.present(ShowCall(1, tool_call(2)))
    shown += guard.present(ShowCallResult(0, tool_call(1), result()))

    frames = guard.closing(LookupError())

    assert kinds(frames) == ["output_item.added function_call_output", "error"]
    assert HostList().take(yielded([*shown, *frames])).unanswered == set()
