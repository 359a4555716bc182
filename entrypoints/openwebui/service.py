"""One load of the pipe: settings are read for each call, and each event loop has its own core.

The host keeps one instance per process and may replace it at any time; nothing starts before the first call.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from adapters.openwebui.stream_filters import filters_read_stream
from domain.conversation.namespace import namespace_of
from domain.egress.links import LinkGate
from domain.faults.fault import Fault
from domain.request.turn_request import Caller, Person
from entrypoints.core.budget_policy import spending_of
from entrypoints.core.memory_policy import keeps_anything
from entrypoints.core.open_core import Core
from entrypoints.core.paying_keys import pays_own_key
from entrypoints.core.policy import insecure_hosts, support_of
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.frames import ChunkHead
from entrypoints.openai.guard import Guard
from entrypoints.openai.stream import Payload, unpaced
from entrypoints.openwebui.answer_bills import AnswerBill
from entrypoints.openwebui.attached_files import effective
from entrypoints.openwebui.host import Host, detect_host
from entrypoints.openwebui.host_call import HostCall, read_call
from entrypoints.openwebui.host_turn import asked_of
from entrypoints.openwebui.own_cards import OwnCards
from entrypoints.openwebui.present.continued import earlier_part
from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.openwebui.present.filtered import FilteredPresenter
from entrypoints.openwebui.present.frames import Presenter
from entrypoints.openwebui.present.guard import PageGuard
from entrypoints.openwebui.present.legacy import LegacyPresenter
from entrypoints.openwebui.present.lines import as_event, text_event
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.stream import paced
from entrypoints.openwebui.present.wishes import ShownParts, Wishes
from entrypoints.openwebui.reply import reply
from entrypoints.openwebui.responses import event_stream
from entrypoints.openwebui.runtime import Runtime
from entrypoints.openwebui.settings_memory import SettingsMemory
from entrypoints.openwebui.shown import labels_of, pacer_of, thinking_place
from entrypoints.openwebui.tool_mode import ToolMode
from entrypoints.openwebui.turn_tools import turn_tools
from entrypoints.openwebui.vocabulary import PAGE, VALVES, language_for
from entrypoints.sentences.allowances import allowance_words
from entrypoints.sentences.languages import Language
from entrypoints.sentences.vocabulary import Vocabulary
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from entrypoints.settings_people import ThinkingOutput
from entrypoints.settings_rows import SettingProblem

_PROBLEMS_KNOWN = 1000
"""Problems with the settings that were logged and are not logged again."""
_PROBLEMS_SHOWN = 10
"""Problems with the settings that one notice names."""


class PipeService:
    """The object the shell delegates to. `function_name` is only a hint and may be empty; each call carries the id.

    `unload` is called when the service has been replaced and closed: nothing is imported for it any more.
    """

    def __init__(self, function_name: str, unload: Callable[[], None] = lambda: None) -> None:
        self._function_id = function_name
        self._unload = unload
        self._runtimes: WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime] = WeakKeyDictionary()
        self._settings = SettingsMemory(os.environ)
        self._told: set[str] = set()
        self._host: Host | None = None

    async def pipes(self, valves: object) -> list[dict[str, str]]:
        """Return the picker's entries from memory; the list is loaded and refreshed in the background."""
        settings, problems = effective(*self._settings.read(valves, None), self._detected())
        runtime = self._runtime(settings)
        self._tell(runtime, problems)
        language = language_for(Language.ENGLISH, settings.language)  # a listing names no person
        await runtime.learn(language)
        shown = await runtime.model_list.shown(settings, VALVES.spoken_in(language))
        if shown.picked is not None:
            runtime.core.follow_listing(self._function_id, shown.picked, settings)
        return shown.entries

    async def pipe(self, handed: Mapping[str, Any]) -> AsyncIterator[Payload] | dict[str, Any] | object:
        """Answer one call in the form its caller understands."""
        call = read_call(handed)
        settings, problems = effective(*self._settings.read(call.valves, call.user_valves), self._detected())
        runtime = self._runtime(settings)
        function_id = self._function_id = call.model.function_id or self._function_id
        problems += await runtime.core.stores.books.budgets.problems(spending_of(settings, namespace_of(function_id)))
        self._tell(runtime, problems)
        runtime.register(call.model.function_id)
        core = runtime.core
        language = language_for(call.language, settings.language)
        await runtime.learn(language)
        named, in_page = _names(VALVES, language, settings), _names(PAGE, language, settings)
        bill = runtime.answer_bills.bill(call, host_sums=self._detected().sums_usage)
        emitter = GuardedEmitter(
            call.emitter,
            core.telemetry,
            bill=bill,
            labels=labels_of(settings),
            vocabulary=in_page,
        )
        await _warn_admin(problems, call.person, emitter)
        await _warn_of_limits(core, call, emitter, in_page)
        turn_id = core.ids.new_id()
        tools = await turn_tools(runtime, call, settings, self._detected(), handed)
        listing = await core.models.listing(settings)
        asked = asked_of(
            call,
            listing.models,
            turn_id=turn_id,
            function_id=function_id,
            mode=tools.mode,
            ours=tools.ours,
            attaches=settings.direct_uploads,
        )
        if isinstance(call.body, Fault):
            start = core.refusal(call.body, asked, settings)
        else:
            files = await runtime.files(call, settings, handed.get("__request__"))
            start = core.turn(asked, settings, listing, toolbox=tools.toolbox, notices=emitter, files=files)
        head = ChunkHead(f"chatcmpl-{turn_id}", call.model.name, int(core.clock.now().timestamp()))
        wishes = self._wishes(runtime, call, settings, tools.mode, bill, in_page)
        if not call.stream:
            return await reply(start, call, head, wishes, emitter)
        if call.caller is not Caller.PAGE:
            presenter = ChunkPresenter(
                head,
                own_done=True,
                write_text=text_event(head),
                vocabulary=named,
                links=wishes.links,
                wanted=call.wanted,
            )
            return event_stream(unpaced(start, Guard(presenter, core.ids, core.telemetry, named), as_event))
        filtered = await filters_read_stream(handed.get("__request__"), handed.get("__metadata__"), core.telemetry)
        page = self._presenter(call, head, turn_id, wishes, filtered=filtered)
        guard = PageGuard(page, core.ids, core.telemetry, named)
        return paced(start, guard, emitter, core.clock, pacer_of(call, settings))

    async def aclose(self) -> None:
        """Close everything on the running loop after the running turns have ended."""
        runtime = self._runtimes.pop(asyncio.get_running_loop(), None)
        if runtime is not None:
            await runtime.aclose()

    # --- details ------------------------------------------------------------------------------------------

    def _wishes(
        self,
        runtime: Runtime,
        call: HostCall,
        settings: Settings,
        mode: ToolMode,
        bill: AnswerBill,
        vocabulary: Vocabulary,
    ) -> Wishes:
        """Return what the operator and the person want to see beside the answer."""
        return Wishes(
            _parts_of(settings, thinking_place(call, settings)),
            support_of(settings),
            references=keeps_anything(settings),
            reader=call.audience,
            hands_over=mode.host or bool(mode.host_only),
            links=_links_of(settings),
            cited=call.cited,
            bill=bill,
            now=runtime.core.clock.now,
            vocabulary=vocabulary,
            cards=OwnCards(settings, call.model.slug, call.person, runtime.card_warnings),
        )

    def _presenter(self, call: HostCall, head: ChunkHead, turn_id: str, wishes: Wishes, *, filtered: bool) -> Presenter:
        host = self._detected()
        if host.native_items and filtered:
            return FilteredPresenter(head, turn_id, host.version, wishes)
        if host.native_items:
            return NativePresenter(turn_id, host.version, wishes, earlier_part(call, turn_id, host.version))
        return LegacyPresenter(head, turn_id, wishes)

    def _detected(self) -> Host:
        if self._host is None:
            self._host = detect_host()
        return self._host

    def _runtime(self, settings: Settings) -> Runtime:
        loop = asyncio.get_running_loop()
        runtime = self._runtimes.get(loop)
        if runtime is None or runtime.retired:
            runtime = self._runtimes[loop] = Runtime(settings, self._runtime_closed)
        runtime.core.follow(settings)
        return runtime

    def _runtime_closed(self) -> None:
        """Unload the modules of the single file after the last runtime of a retired load has closed."""
        if all(runtime.retired for runtime in self._runtimes.values()):
            self._unload()

    def _tell(self, runtime: Runtime, problems: tuple[SettingProblem, ...]) -> None:
        """Log each problem with a setting once, however many people with settings of their own take turns."""
        for problem in problems:
            if problem.text in self._told:
                continue
            if len(self._told) >= _PROBLEMS_KNOWN:
                self._told.clear()
            self._told.add(problem.text)
            values = {"setting": problem.name, "text": problem.text}
            runtime.core.telemetry.event("warning", "setting_not_used_as_given", **values)


@once
def _parts_of(settings: Settings, thinking: ThinkingOutput) -> ShownParts:
    in_box = thinking != "status"
    return ShownParts(labels_of(settings), thoughts_in_box=in_box, tool_cards=settings.show_tool_cards)


@once
def _links_of(settings: Settings) -> LinkGate:
    return LinkGate(insecure_hosts(settings))


def _names(vocabulary: Vocabulary, language: Language, settings: Settings) -> Vocabulary:
    return vocabulary.spoken_in(language).paid_by_person(pays_own_key(settings))


async def _warn_admin(problems: tuple[SettingProblem, ...], person: Person, emitter: GuardedEmitter) -> None:
    """Show all problems with the settings to an administrator in the chat, except those that need no action."""
    texts = [problem.text for problem in problems if not problem.mended]
    if texts and person.is_admin:
        shown = texts[:_PROBLEMS_SHOWN]
        if len(texts) > len(shown):
            shown.append(f"{len(texts) - len(shown)} more are in the log.")
        await emitter.emit(_warning("\n".join(shown)))


async def _warn_of_limits(core: Core, call: HostCall, emitter: GuardedEmitter, vocabulary: Vocabulary) -> None:
    """Show an administrator in the page, once, that the key of this server has little left to spend."""
    if call.emitter is not None and (low := core.stores.books.keys.take_warnings(call.person)):
        await emitter.emit(_warning("\n".join(allowance_words(one.allowance, vocabulary) for one in low)))


def _warning(text: str) -> dict[str, Any]:
    return {"type": "notification", "data": {"type": "warning", "content": text}}
