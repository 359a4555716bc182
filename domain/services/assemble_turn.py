"""Assemble a turn: its stored past, its request, its tools and its limits."""

from dataclasses import dataclass
from functools import partial

from domain.catalog.support import is_free, reads_phases
from domain.conversation.bounded_ids import cache_key
from domain.conversation.history import Past
from domain.conversation.marks import Marks, marks_of, with_fingerprints
from domain.conversation.replay import wanted_of
from domain.conversation.size import size_of
from domain.faults.fault import Fault
from domain.recent import Recent
from domain.request.endpoint import may_change
from domain.request.extra_costs import costs_extra
from domain.request.lessons import Lessons
from domain.request.runners import caller_runs_named_tools
from domain.request.schema_bounds import foreign_schemas
from domain.services.check_turn import Checked
from domain.services.equip_turn import EquipTurn, ToolPorts, limits_of
from domain.services.owned_tasks import OwnedTasks
from domain.services.prepare_turn import Ready, prepare_turn
from domain.services.remember_turn import Recalled, TurnMemory
from domain.services.report_interrupted import Interrupted
from domain.services.resolve_attachments import ResolveAttachments
from domain.services.run_call import RunCall
from domain.services.store_budget import StoreBudget, StoreHealth
from domain.services.turn_stores import Memories, TurnStores
from domain.tools.plan import Reader
from domain.tools.registry import NO_NAMES
from domain.tools.schema_bounds import size_of_schemas
from domain.turn.plan import Alternatives, TurnPlan
from domain.turn.statuses import CheaperModel, ModelReplaced, PaidToolsLeftOut, Status, ToolsLeftOut
from ports.catalog import Model
from ports.clock import Clock
from ports.files import Files
from ports.ids import Ids
from ports.notices import Notices
from ports.offload import Offload
from ports.telemetry import Telemetry
from ports.timings import TimingScope, timed, timing
from ports.toolbox import Toolbox
from ports.transcripts import Transcripts

STORED_SECONDS, CHATS_KNOWN = 2.0, 10_000


@dataclass(frozen=True, slots=True)
class Personal:
    """What belongs to the person of a turn. `files`: the host's files as that person may read and store them. `timing`
    receives the stations of the turn, `transcripts` its transcript; None if nobody records them.
    """

    toolbox: Toolbox | None = None
    notices: Notices | None = None
    memories: Memories | None = None
    files: Files | None = None
    timing: TimingScope | None = None
    transcripts: Transcripts | None = None


@dataclass(frozen=True, slots=True)
class Assembled:
    """A turn ready to be driven. `runner` runs its tool calls, None without tools; `stores` receives what it leaves.

    `time` is what the store may add to it. `elsewhere`: stored turns of other chats that this one uses. `models`: the
    catalog, with the variants on offer.
    """

    ready: Ready
    plan: TurnPlan
    runner: RunCall | None
    stores: TurnStores
    time: StoreBudget
    elsewhere: frozenset[str] = NO_NAMES
    models: tuple[Model, ...] = ()


class AssembleTurn:
    """The use case; belongs to one event loop. `tasks` outlive a turn; `lessons` come from rejected requests."""

    def __init__(
        self,
        *,
        tools: ToolPorts,
        media: ResolveAttachments,
        clock: Clock,
        ids: Ids,
        offload: Offload,
        telemetry: Telemetry,
        store: StoreHealth,
        tasks: OwnedTasks,
        lessons: Lessons,
    ) -> None:
        self._ids, self._offload, self._telemetry = ids, offload, telemetry
        self._media = media
        self._store, self._tasks, self._lessons = store, tasks, lessons
        self._equip = EquipTurn(tools, offload=offload, clock=clock, ids=ids, telemetry=telemetry, store=store)
        self._wordless = Recent[bytes, None](CHATS_KNOWN)  # chats without any recognised answer

    @timed("assemble")
    async def assemble(
        self, checked: Checked, personal: Personal, stores: TurnStores, error_id: str
    ) -> Assembled | Fault:
        """Return the assembled turn, or the fault. If a store fails, the turn only loses its memory."""
        resolved = await self._media.resolve(checked, personal.files, error_id)
        checked = resolved.checked
        request = checked.request
        specs = personal.toolbox.tools() if personal.toolbox is not None else ()
        size = size_of(request.messages)
        time = checked.hold.time if checked.hold is not None else StoreBudget(self._store)
        past, of_other_chats = await self._past(checked, stores, size, time)
        remembered = stores.memory is not None
        schemas = (*(spec.parameters for spec in specs), *foreign_schemas(request))
        with timing("prepare"):
            ready = await self._offload.run(
                lambda: prepare_turn(checked, specs, self._lessons, past, remembered=remembered),
                size=size + size_of_schemas(schemas),
            )
        if isinstance(ready, Fault):
            return ready
        copied = self._copied(past, of_other_chats, ready)
        if stores.memory is not None and copied:
            self._tasks.own(stores.memory.unbind(request.memory, copied), "openrouter-pipe-unbind")
        if ready.left_out:
            names = ", ".join(ready.left_out)
            self._telemetry.event("debug", "parameters_left_out", error_id=error_id, model=ready.slug, names=names)
        runner: RunCall | None = None
        if ready.tools.tools and personal.toolbox is not None:
            runner = self._equip.runner(request, ready.tools, personal.toolbox, stores, personal.notices, time)
        plan = self._plan(checked, ready, error_id, resolved.notice)
        return Assembled(ready, plan, runner, stores, time, frozenset(copied) or NO_NAMES, checked.models)

    # --- details ------------------------------------------------------------------------------------------

    async def _past(
        self, checked: Checked, stores: TurnStores, size: int, time: StoreBudget
    ) -> tuple[Past, tuple[str, ...]]:
        """Return what is stored about the turns of the history, and which of them another chat left.

        Without stores the history is not even scanned.
        """
        request = checked.request
        memory, messages, history_format = request.memory, request.messages, request.history_format
        if stores.memory is None and stores.interrupted is None:
            return Past(reasoning=memory.reasoning, full_turns=memory.full_turns, history_format=history_format), ()
        by_words = not memory.references  # without references, answers are recognised by their text
        reading = partial(marks_of, messages, history_format, by_fingerprint=by_words)
        marks = await self._offload.run(reading, size=size + 256 * len(messages))
        found, broken = Recalled(), Interrupted()
        if stores.memory is not None:
            found, marks = await self._recall(checked, marks, stores.memory, size, time)
        if stores.interrupted is not None:
            broken = await stores.interrupted.report(request, marks, found.records, stores.memory, time)
        unknown, answers = broken.unknown, broken.answers
        past = Past(found.records, memory.reasoning, memory.full_turns, unknown, answers, marks, history_format)
        return past, found.of_other_chats

    def _copied(self, past: Past, of_other_chats: tuple[str, ...], ready: Ready) -> tuple[str, ...]:
        """Return the turns of another chat that this chat uses: those it names, and those whose words it sent.

        Words alone may be those of another chat by chance.
        """
        if not of_other_chats:
            return ()
        used = {record.turn_id for record in ready.replayed}
        named = {turn_id for references in (past.marks.references if past.marks else ()) for turn_id in references}
        return tuple(turn_id for turn_id in of_other_chats if turn_id in named or turn_id in used)

    @timed("recall")
    async def _recall(
        self, checked: Checked, marks: Marks, memory: TurnMemory, size: int, time: StoreBudget
    ) -> tuple[Recalled, Marks]:
        """Load the stored turns of the history; return them and its marks, which then may include fingerprints.

        Reading a stored turn renews its age. A turn of text only, stored for its phases, has no reference in the
        history: for models with phases, answers without a reference are always recognised by their words.
        """
        request, phased = checked.request, reads_phases(checked.slug)
        chat = cache_key(request.memory.namespace, request.person.user_id, request.person.chat_id)
        size += 256 * len(request.messages)
        referred, messages = request.memory.references, request.messages
        want = wanted_of(marks)
        if referred and (
            phased or not (want.turn_ids or chat in self._wordless)
        ):  # or an imported chat, or no stored turns
            reading = partial(with_fingerprints, marks, messages, request.history_format)
            marks = await self._offload.run(reading, size=size)
            want = wanted_of(marks)
        if not (want.turn_ids or want.fingerprints):
            return Recalled(), marks
        if closing := self._tasks.of_chat(request.person):  # the previous turn may still be storing its items
            await time.wait(closing, STORED_SECONDS)
        past = await memory.recall(request.person, request.memory, want.turn_ids, want.fingerprints, time, want.common)
        if referred and not (past.records or past.failed or want.turn_ids):
            self._wordless[chat] = None
        if past.untouched:
            self._tasks.own(memory.touch(request.memory, past.untouched), "openrouter-pipe-touch")
        return past, marks

    def _plan(self, checked: Checked, ready: Ready, error_id: str, notice: Status | None) -> TurnPlan:
        request, model, tools = checked.request, ready.model, ready.tools
        free = is_free(ready.slug, model) and not costs_extra(ready.sending.body)
        return TurnPlan(
            request=ready.sending,
            error_id=error_id,
            retry=request.retry.allowing_uncertain() if free else request.retry,
            runnable=tools.runnable,
            sequential=tools.sequential,
            handed_over=tools.meaning(request.tooling.host_only),
            renamed=ready.renamed,
            notes=_notes(checked, ready, notice),
            callers=tools.passed if caller_runs_named_tools(request) else NO_NAMES,
            reader=Reader(ready.fit.room, model is not None and "image" in model.input_modalities),
            call_limits=limits_of(request),
            max_rounds=request.tooling.max_rounds,
            statuses=request.statuses,
            jitter=self._ids.jitter(),
            alternatives=Alternatives(may_change(ready.slug, model, request.endpoints), ready.fallback),
            fit=ready.fit,
        )


def _notes(checked: Checked, ready: Ready, notice: Status | None) -> tuple[Status, ...]:
    """Return what the person has to know before the turn begins."""
    notes: list[Status] = []
    if checked.saves_for:
        notes.append(CheaperModel(checked.saves_for, checked.slug, checked.spent_budget))
    if checked.without_extras_for:
        notes.append(PaidToolsLeftOut(checked.without_extras_for))
    if checked.stands_in_for:
        notes.append(ModelReplaced(checked.stands_in_for, checked.slug))
    if notice is not None:
        notes.append(notice)
    if ready.surplus.names:
        notes.append(ToolsLeftOut(ready.surplus.names, ready.surplus.most))
    return tuple(notes)
