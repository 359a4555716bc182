"""The host is killed in mid-turn after tools have run: the next request holds what finished, and nothing runs twice."""

from pathlib import Path

import pytest

from tests.drills.killed_answers import CALLS, ROUNDS, kill_answers
from tests.hosts.installed import InstalledHost

pytestmark = pytest.mark.host
KILLS, CHATS = 5, 4
IN = "0.12.4"


async def test_finished_tools_of_killed_answers_are_in_the_next_request(host: InstalledHost, tmp_path: Path) -> None:
    if host.server.version != IN:
        return  # each kill costs a start of the host
    figures = await kill_answers(host, tmp_path, KILLS, chats=CHATS)
    assert figures.misses == []
    assert (figures.answers, figures.twice, figures.reported) == (KILLS * CHATS, 0, figures.finished)
    assert figures.answers < figures.effects <= figures.answers * ROUNDS * CALLS
