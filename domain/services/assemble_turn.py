"""Assemble a turn: what it remembers, what it sends, which tools it has, and by which rules it runs."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

from domain.catalog.support import is_free
from domain.conversation.history import Past
from domain.conversation.marks import Marks, marks_of, with_fingerprints
from domain.conversation.replay import wanted_of
from domain.conversation.size import size_of
from domain.faults.fault import Fault
from domain.request.endpoint import may_change
from domain.request.lessons import Lessons
from domain.request.turn_request import Caller, TurnRequest
from domain.services.admit_turn import Checked
from domain.services.equip_turn import EquipTurn, ToolPorts, limits_of
from domain.services.own_tasks import OwnTasks
from domain.services.prepare_turn import Ready, prepare_turn
from domain.services.remember_turn import Recalled, TurnMemory
from domain.services.report_broken_off import ReportBrokenOff
from domain.services.run_call import RunCall
from domain.services.store_time import StoreTime, StoreWatch
from domain.tools.plan import Reader
from domain.turn.plan import Destination, TurnPlan
from ports.clock import Clock
from ports.ids import Ids
from ports.notices import Notices
from ports.offload import Offload
from ports.telemetry import Telemetry
from ports.toolbox import Toolbox

STORED_SECONDS, CHATS_KNOWN = 2.0, 10_000


@dataclass(frozen=True, slots=True)
class Personal:
    """What belongs to the one person of a turn."""

    toolbox: Toolbox | None = None
    notices: Notices | None = None
    memory: TurnMemory | None = None


@dataclass(frozen=True, slots=True)
class Assembled:
    """A turn that can be driven. `runner` runs its tool calls, if it has tools."""

    ready: Ready
    plan: TurnPlan
    runner: RunCall | None


class AssembleTurn:
    """The use case; belongs to one event loop. `tasks` keeps what outlives a turn, `lessons` what refusals taught."""

    def __init__(
        self,
        *,
        tools: ToolPorts,
        clock: Clock,
        ids: Ids,
        offload: Offload,
        telemetry: Telemetry,
        store: StoreWatch,
        tasks: OwnTasks,
        lessons: Lessons,
    ) -> None:
        self._ids, self._offload, self._telemetry = ids, offload, telemetry
        self._store, self._tasks, self._lessons = store, tasks, lessons
        self._equip = EquipTurn(
            tools, offload=offload, clock=clock, ids=ids, telemetry=telemetry, own=tasks.own, store=store
        )
        self._broken_off = ReportBrokenOff(
            tools.runs, tools.chats, offload=offload, telemetry=telemetry, store=store, own=tasks.own
        )
        self._wordless: OrderedDict[tuple[str, str], None] = OrderedDict()  # chats in which nothing was recognised

    async def assemble(self, checked: Checked, own: Personal, error_id: str) -> Assembled | Fault:
        """Return the turn, or what is wrong with it. A store that fails costs it its memory only."""
        request = checked.request
        specs = own.toolbox.tools() if own.toolbox is not None else ()
        size = size_of(request.messages)
        time = StoreTime(self._store)
        past, marks = await self._recall(request, own.memory, size, time)
        broken = await self._broken_off.report(request, past.records, own.memory, time)
        memory = request.memory
        known = Past(past.records, memory.reasoning, memory.full_turns, broken.unknown, broken.answers, marks)
        remembered = own.memory is not None and bool(memory.namespace and request.person.user_id)
        ready = await self._offload.run(
            lambda: prepare_turn(checked, specs, self._lessons, known, remembered=remembered), size=size
        )
        if isinstance(ready, Fault):
            return ready
        if ready.left_out:
            names = ", ".join(ready.left_out)
            self._telemetry.event("debug", "parameters_left_out", error_id=error_id, model=ready.slug, names=names)
        runner: RunCall | None = None
        if ready.tools.tools and own.toolbox is not None:
            runner = self._equip.runner(request, ready.tools, own.toolbox, own.notices, own.memory, time)
        return Assembled(ready, self._plan(request, ready, error_id), runner)

    # --- details ------------------------------------------------------------------------------------------

    async def _recall(
        self, request: TurnRequest, memory: TurnMemory | None, size: int, time: StoreTime
    ) -> tuple[Recalled, Marks | None]:
        """Recall what the history leads back to, and return its marks too; reading keeps it from growing old."""
        if memory is None or not request.memory.namespace:
            return Recalled(), None
        chat, size = (request.memory.namespace, request.person.chat_id), size + 256 * len(request.messages)
        in_page, messages = request.caller is Caller.PAGE, request.messages
        marks = await self._offload.run(lambda: marks_of(messages, by_fingerprint=not in_page), size=size)
        want = wanted_of(marks)
        if in_page and not want.turn_ids and chat not in self._wordless:  # imported, or with nothing to remember
            marks = await self._offload.run(partial(with_fingerprints, marks, messages), size=size)
            want = wanted_of(marks)
        if not (want.turn_ids or want.fingerprints):
            return Recalled(), marks
        if closing := self._tasks.of_chat(request.person):  # the turn before may be on its way to the store
            await time.wait(closing, STORED_SECONDS)
        past = await memory.recall(request.person, request.memory, want.turn_ids, want.fingerprints, time)
        if in_page and not (past.records or past.failed or want.turn_ids):
            self._wordless[chat] = None
            if len(self._wordless) > CHATS_KNOWN:
                self._wordless.popitem(last=False)
        own = self._tasks.own
        if past.untouched:
            own(memory.touch(request.person, request.memory, past.untouched), "openrouter-pipe-touch")
        if past.of_other_chats:
            own(memory.unbind(request.person, request.memory, past.of_other_chats), "openrouter-pipe-unbind")
        return past, marks

    def _plan(self, request: TurnRequest, ready: Ready, error_id: str) -> TurnPlan:
        model, tools = ready.model, ready.tools
        free = is_free(ready.slug, model)
        return TurnPlan(
            body=ready.sending.body,
            error_id=error_id,
            retry=request.retry.allowing_uncertain() if free else request.retry,
            runnable=tools.runnable,
            sequential=tools.sequential,
            handed_over=tools.meaning(request.tooling.host_only),
            reader=Reader(ready.room, model is not None and "image" in model.input_modalities),
            call_limits=limits_of(request),
            max_rounds=request.tooling.max_rounds,
            statuses=request.statuses,
            jitter=self._ids.jitter(),
            destination=Destination(
                ready.sending.endpoint,
                ready.sending.headers,
                may_change(ready.slug, request.endpoints),
                ready.fallback,
            ),
        )
