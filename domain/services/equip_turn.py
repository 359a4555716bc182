"""Equip a turn with its tools: what is offered, what runs a call, and what stands between the two."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.breakers.policy import policy_for_calls
from domain.conversation.replay import MAY_HAVE_RUN, interrupted
from domain.conversation.temporary import is_temporary
from domain.request.turn_request import TurnRequest
from domain.services.drive import Own
from domain.services.guard_call import GuardCall
from domain.services.guard_tools import GuardTools
from domain.services.journal_calls import UNAVAILABLE, JournalCalls
from domain.services.run_call import CallPorts, CallTurn, RunCall
from domain.services.store_time import StoreTime, StoreTrouble, StoreWatch
from domain.tools.plan import CallLimits
from domain.tools.registry import Registry
from ports.breaker_state import BreakerState
from ports.clock import Clock
from ports.ids import Ids
from ports.notices import Notices
from ports.offload import Offload
from ports.slots import Slots
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRuns
from ports.toolbox import Checker, Toolbox

CHATS_KNOWN, RUNS_READ = 10_000, 100


@dataclass(frozen=True, slots=True)
class ToolPorts:
    """What tools need of the world, for all turns. Runs in temporary chats are kept in `temporary_runs` (law 14)."""

    slots: Slots
    check: Checker
    runs: ToolRuns
    temporary_runs: ToolRuns
    breakers: BreakerState


@dataclass(frozen=True, slots=True)
class Broken:
    """Calls whose fate nobody knows: `unknown` are outputs by the ids the host knows, `lost` the tools of those the
    host does not even tell of.
    """

    unknown: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


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
        self._known: OrderedDict[str, None] = OrderedDict()
        self._temporary_journal = JournalCalls(ports.temporary_runs, StoreWatch(clock, telemetry), own)

    async def broken_off(self, request: TurnRequest, time: StoreTime | None = None) -> Broken:
        """Look up calls of earlier turns that were started and never finished: their process was lost.

        Asked once per chat and process; what runs here is settled here.
        """
        person, namespace = request.person, request.memory.namespace
        calls = interrupted(request.messages)
        new = bool(person.chat_id and person.parent_id) and person.chat_id not in self._known
        self._known[person.chat_id] = None
        if len(self._known) > CHATS_KNOWN:
            self._known.popitem(last=False)
        if not namespace or not person.user_id or not (calls or new) or is_temporary(person.chat_id):
            return Broken()
        turns = {turn_id for turn_id, _ in calls}
        try:
            async with (time or StoreTime(self._store)).asked(UNAVAILABLE):
                runs = await self._ports.runs.unfinished(
                    namespace, person.user_id, chat_id=person.chat_id if new else "", turn_ids=turns, limit=RUNS_READ
                )
        except StoreTrouble:
            self._known.pop(person.chat_id, None)  # the next turn asks again
            return Broken({shown: MAY_HAVE_RUN for _, shown in calls})
        started = {run.turn_id for run in runs}
        told = {shown: MAY_HAVE_RUN for turn_id, shown in calls if turn_id in started}
        lost = (run for run in runs if run.message_id == person.parent_id and run.turn_id not in turns)
        return Broken(told, tuple(dict.fromkeys(run.name for run in lost if person.parent_id)))

    def runner(
        self,
        request: TurnRequest,
        registry: Registry,
        toolbox: Toolbox,
        notices: Notices | None = None,
        time: StoreTime | None = None,
    ) -> RunCall:
        """Return what runs the calls of one turn; `time` is what the store may take of it."""
        person, tooling = request.person, request.tooling
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
