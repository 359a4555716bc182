"""10,000 streams of all event types in any order: `python -m tests.drills.streams [--streams N] [--seed N]`.

Each goes from its frames as JSON through the adapter into the machine. Exits with 1 if one raises, does not end exactly
once, or shows something twice.
"""

import argparse
import sys
import time
from collections import Counter
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.drills.tools import SHOWN, PartResult, run_parts
from tests.frames import ANY_STREAM, Frame, complaints, played, repeated_uses, told_streams

STREAMS = 10_000
QUIETLY: dict[str, Any] = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def streams(count: int, seeded: int) -> PartResult:
    """Play `count` streams: half of them of any frames, half of frames that fit each other."""
    misses: list[str] = []
    played_streams, frames_by_type = Counter[str](), Counter[str]()

    def judge(kind: str, frames: list[Frame], reads: int) -> None:
        played_streams[kind] += 1
        frames_by_type.update(frame["type"] for frame in frames)
        steps = played(frames, reads)
        wrong = complaints(steps)
        if kind == "told":
            wrong += repeated_uses(steps, len(frames[-1]["response"]["output"]))
        assert not wrong, f"{wrong} in {frames}"

    @given(ANY_STREAM, st.integers(1, 5))
    def of_any_frames(frames: list[Frame], reads: int) -> None:
        judge("any", frames, reads)

    @given(told_streams(), st.integers(1, 5))
    def of_told_items(frames: list[Frame], reads: int) -> None:
        judge("told", frames, reads)

    for case in (of_any_frames, of_told_items):
        try:
            seed(seeded)(settings(max_examples=count // 2, **QUIETLY)(case))()
        except Exception as error:  # noqa: BLE001 - any error of an example is a miss
            misses.append(f"streams: {type(error).__name__}: {str(error)[:2000]}")
    few = ["too few streams were played"] if played_streams.total() < count * 0.99 else []
    figures: dict[str, object] = {
        "streams, of any frames": f"{played_streams.total()}, {played_streams['any']}",
        "frames, of types": f"{frames_by_type.total()}, {len(frames_by_type)}",
    }
    return figures, [*misses, *few]


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began = time.monotonic()
    misses = run_parts((partial(streams, asked.streams, asked.seed),))
    print(f"{'misses':<34} {len(misses) or 'none'}")
    print(f"{'seconds':<34} {time.monotonic() - began:.0f}")
    for miss in misses[:SHOWN]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
