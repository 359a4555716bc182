"""Answer a caller that does not stream: with one completion, or with an error and its status."""

import asyncio

from domain.faults.causes import DrawingFlaw
from domain.faults.fault import Fault
from domain.request.turn_request import Caller
from domain.turn.steps import End, ShowText
from entrypoints.core.caller_request import Start
from entrypoints.openai.completion import Collected, collect, completion
from entrypoints.openai.errors import error_object, headers_of
from entrypoints.openai.frames import ChunkHead
from entrypoints.openwebui.host_call import Audience, HostCall
from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.openwebui.present.frames import BELOW
from entrypoints.openwebui.present.wishes import Wishes
from entrypoints.openwebui.responses import error_response
from entrypoints.openwebui.task_answers import neutral_answer
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.usage import closing_line
from entrypoints.sentences.vocabulary import Vocabulary


async def reply(start: Start, call: HostCall, head: ChunkHead, wishes: Wishes, emitter: GuardedEmitter) -> object:
    """Run the turn to its end and return the answer.

    Success is a completion dict. A failed turn of an API client is a response with the fault's HTTP status: the host
    passes a status on in no other form. A person sees the error card below the text so far. A failed task returns what
    the host reads as an empty answer, so that no error becomes a title; a task of unknown form returns an error object.
    The host's own code, which reads the returned object, prints the error. Source: the host's contract, not streaming;
    channels of the hosts up to 0.8.
    """
    wanted = call.wanted
    outputs = start(asyncio.current_task())
    collected = await collect(outputs, wishes.links, wishes.vocabulary, refusals=wanted.refusals)
    if collected.end is not None:
        collected.end = wishes.bill.settled(collected.end)
    end = collected.end
    if end is None or end.fault is None:
        if end is not None:
            await emitter.status(closing_line(end, wishes.parts.usage, wishes.vocabulary), done=True)
        return completion(head, collected, with_reasoning=call.caller is not Caller.TASK, wanted=wanted)
    if call.caller is Caller.PAGE:
        await emitter.status("", done=True)
        return completion(head, _with_card(collected, end, end.fault, wishes))
    error = {"error": error_object(end.fault, end.error_id, _names(wishes))}
    if call.caller is Caller.TASK:
        neutral = neutral_answer(call.task, titled=end.fault.cause is not DrawingFlaw.WRITES_NOTHING)
        return completion(head, Collected(text={0: [neutral]})) if neutral else error
    if call.audience is Audience.HOST:
        return {"error": wishes.told(end.fault, end.error_id).box()}
    return error_response(error, end.fault.http_status, headers_of(end.fault))


def _names(wishes: Wishes) -> Vocabulary:
    return VALVES.spoken_in(wishes.vocabulary.language).paid_by_person(wishes.vocabulary.own_key)


def _with_card(collected: Collected, end: End, fault: Fault, wishes: Wishes) -> Collected:
    collected.add(ShowText(BELOW, wishes.told(fault, end.error_id).card()))
    return collected
