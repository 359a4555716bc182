"""Equip a turn with its tools: what is offered, what runs a call, and what stands between the two."""

from dataclasses import dataclass

from domain.breakers.policy import policy_for_calls
from domain.conversation.temporary import is_temporary
from domain.request.turn_request import TurnRequest
from domain.services.guard_call import GuardCall
from domain.services.guard_tools import GuardTools
from domain.services.journal_calls import JournalCalls
from domain.services.keep_results import KeepResults
from domain.services.own_tasks import Own
from domain.services.remember_turn import TurnMemory
from domain.services.run_call import CallPorts, CallTurn, RunCall
from domain.services.store_time import StoreTime, StoreWatch
from domain.tools.plan import CallLimits
from domain.tools.registry import Registry
from ports.breaker_state import BreakerState
from ports.chats import Chats
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
    """What tools need of the world, for all turns. Runs in temporary chats are kept in `temporary_runs` (law 14).

    Without `chats` only the answer before a question is known to be followed by it.
    """

    slots: Slots
    check: Checker
    runs: ToolRuns
    temporary_runs: ToolRuns
    breakers: BreakerState
    chats: Chats | None = None


class EquipTurn:
    """The use case; belongs to one event loop. `own` keeps tasks that outlive a turn."""

    def __init__(
        self,
        ports: ToolPorts,
        *,
        offload: Offload,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
        own: Own,
        store: StoreWatch | None = None,
    ) -> None:
        self._store = store or StoreWatch(clock, telemetry)
        self._ports, self._offload, self._clock, self._telemetry = ports, offload, clock, telemetry
        self._guard = GuardCall(state=ports.breakers, clock=clock, ids=ids, telemetry=telemetry, store=self._store)
        self._journal = JournalCalls(ports.runs, self._store, own)
        self._temporary_journal = JournalCalls(ports.temporary_runs, StoreWatch(clock, telemetry), own)

    def runner(
        self,
        request: TurnRequest,
        registry: Registry,
        toolbox: Toolbox,
        notices: Notices | None = None,
        memory: TurnMemory | None = None,
        time: StoreTime | None = None,
    ) -> RunCall:
        """Return what runs the calls of one turn.

        Results are kept in `memory`, if they are to be; `time` is what the store may take of the turn.
        """
        person, tooling = request.person, request.tooling
        keeps = memory is not None and request.memory.tool_results and not is_temporary(person.chat_id)
        longest = max(tooling.seconds, tooling.round_seconds)
        policy = policy_for_calls(tooling.breaker_failures, tooling.breaker_window, longest)
        ports = CallPorts(
            toolbox=toolbox,
            journal=self._temporary_journal if is_temporary(person.chat_id) else self._journal,
            guard=GuardTools(self._guard, policy, person.user_id, notices, time),
            slots=self._ports.slots,
            offload=self._offload,
            check=self._ports.check,
            clock=self._clock,
            telemetry=self._telemetry,
            keep=KeepResults(memory, self._offload).seal if keeps and memory is not None else None,
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
    """Return the limits of a turn's rounds."""
    tooling = request.tooling
    return CallLimits(
        parallel=tooling.parallel,
        seconds=tooling.seconds,
        round_seconds=tooling.round_seconds,
        still_seconds=tooling.still_seconds,
    )
