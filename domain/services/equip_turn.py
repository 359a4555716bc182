"""Equip a turn with its tools: their runner, breakers, journal and limits."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.breakers.policy import policy_for_calls
from domain.request.turn_request import TurnRequest
from domain.services.guard_call import GuardCall
from domain.services.guard_tools import GuardTools
from domain.services.journal_results import JournalResults
from domain.services.run_call import CallPorts, CallTurn, RunCall
from domain.services.store_budget import StoreBudget, StoreHealth
from domain.services.turn_stores import TurnStores
from domain.tools.plan import CallLimits
from domain.tools.registry import Registry
from ports.breaker_state import BreakerState
from ports.chats import Chats
from ports.cipher import Cipher
from ports.clock import Clock
from ports.ids import Ids
from ports.notices import Notices
from ports.offload import Offload
from ports.slots import Slots
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRuns
from ports.toolbox import Checker, Toolbox


@dataclass(frozen=True, slots=True)
class ToolPorts:
    """What tools need, for all turns. Runs in temporary chats are journalled in `temporary_runs` (law 14).

    Without `chats`, only the answer directly before the question is known to belong to its history. `cipher` keys the
    hashes of arguments in `runs`; without it they are stored as they are.
    """

    slots: Slots
    check: Checker
    runs: ToolRuns
    temporary_runs: ToolRuns
    breakers: BreakerState
    chats: Chats | None = None
    cipher: Callable[[], Awaitable[Cipher]] | None = None


class EquipTurn:
    """The use case; belongs to one event loop."""

    def __init__(
        self,
        ports: ToolPorts,
        *,
        offload: Offload,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
        store: StoreHealth | None = None,
    ) -> None:
        health = store or StoreHealth(clock, telemetry)
        self._ports, self._offload, self._clock, self._telemetry = ports, offload, clock, telemetry
        self._guard = GuardCall(state=ports.breakers, clock=clock, ids=ids, telemetry=telemetry, store=health)

    def runner(
        self,
        request: TurnRequest,
        registry: Registry,
        toolbox: Toolbox,
        stores: TurnStores,
        notices: Notices | None = None,
        time: StoreBudget | None = None,
    ) -> RunCall:
        """Return the runner of a turn's tool calls; `time` is what the store may add to the turn."""
        person, tooling = request.person, request.tooling
        memory = stores.memory if stores.keeps_results else None
        longest = max(tooling.seconds, tooling.round_seconds)
        policy = policy_for_calls(tooling.breaker_failures, tooling.breaker_window, longest)
        ports = CallPorts(
            toolbox=toolbox,
            journal=stores.journal,
            guard=GuardTools(self._guard, policy, person.user_id, notices, time),
            slots=self._ports.slots,
            offload=self._offload,
            check=self._ports.check,
            clock=self._clock,
            telemetry=self._telemetry,
            keep=JournalResults(memory, self._offload).seal if memory is not None else None,
            time=time,
        )
        turn = CallTurn(
            request.memory.namespace,
            request.turn_id,
            person.user_id,
            person.chat_id,
            person.message_id,
            parallel=tooling.in_process,
        )
        return RunCall(registry, ports, turn)


def limits_of(request: TurnRequest) -> CallLimits:
    """Return the limits for the tool rounds of a turn."""
    tooling = request.tooling
    return CallLimits(
        parallel=tooling.parallel,
        seconds=tooling.seconds,
        round_seconds=tooling.round_seconds,
        still_seconds=tooling.still_seconds,
    )
