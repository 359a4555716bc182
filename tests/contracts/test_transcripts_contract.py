"""The contract of every Transcripts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from adapters.records.zip_transcripts import ZipTranscripts
from ports.transcripts import Record, Transcript, Transcripts
from tests.adapters.records.recorded import archives, only_archive, plain, store, transcript
from tests.doubles.telemetry import RecordedTelemetry
from tests.doubles.transcripts import KeptTranscripts

STORES: tuple[type[Transcripts], ...] = (KeptTranscripts, ZipTranscripts)
Kept = Callable[[], list[str]]


@pytest.fixture(params=["memory", "zip"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Transcripts, Kept]]:
    """A store, and a function that closes it and returns the ids of the turns it kept."""
    if request.param == "memory":
        memory = KeptTranscripts(plain)
        yield memory, lambda: [record.ids.request_id for record in memory.records]
        return
    files = store(tmp_path)

    def kept() -> list[str]:
        files.close()
        return only_archive(tmp_path).meta["request_ids"] if archives(tmp_path) else []

    yield files, kept
    files.close()


def test_a_store_says_how_much_a_transcript_may_hold(opened):
    assert opened[0].most_entries >= 100


def test_all_turns_of_a_message_are_kept_in_their_order(opened):
    transcripts, kept = opened
    for number in range(5):
        transcripts.accept(transcript(f"turn-{number}"))
    assert kept() == [f"turn-{number}" for number in range(5)]


def test_any_thread_may_hand_over(opened):
    transcripts, kept = opened
    threads = [Thread(target=transcripts.accept, args=(transcript(f"turn-{number}"),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept()) == [f"turn-{number}" for number in range(8)]


def test_nothing_is_raised_for_what_cannot_be_rendered(tmp_path):
    def broken(_: Transcript) -> Record:
        raise RecursionError

    telemetry = RecordedTelemetry()
    files = store(tmp_path, telemetry, render=broken)
    files.accept(transcript())
    files.accept(transcript())
    files.close()
    assert telemetry.only("record_not_stored").values["reason"] == "RecursionError"
