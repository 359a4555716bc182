"""Two hosts on one PostgreSQL, as replicas behind a balancer: whichever answers remembers the chat."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.turn import Turn
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.postgres import running_postgres
from tests.hosts.conftest import ADMIN, chosen_versions
from tests.hosts.installed import READY_SECONDS, InstalledHost, install
from tests.hosts.test_host_memory import THINKER, ask, thoughts

pytestmark = pytest.mark.host
