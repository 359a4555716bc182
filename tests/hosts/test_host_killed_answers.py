"""The host is killed during a turn, after tools ran: the next request has the finished calls; none runs twice."""

from pathlib import Path

import pytest

from tests.drills.killed_answers import CALLS, ROUNDS, kill_answers
from tests.hosts.installed import InstalledHost

pytestmark = pytest.mark.host
KILLS, CHATS = {"0.12.4": 5, "0.10.2": 1, "0.8.12": 1}, 4
"""Each kill costs a start of the host; older hosts do not list the messages before a question."""


async def test_finished_tools_of_killed_answers_are_in_the_next_request(host: InstalledHost, tmp_path: Path) -> None:
    kills = KILLS.get(host.server.version, 0)
    if not kills:
        return
    figures = await kill_answers(host, tmp_path, kills, chats=CHATS)
    assert figures.misses == []
    assert (figures.answers, figures.twice, figures.reported) == (kills * CHATS, 0, figures.finished)
    assert figures.answers <= figures.effects <= figures.answers * ROUNDS * CALLS
