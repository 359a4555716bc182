"""Convert a call of the host into a request to the core."""

from dataclasses import replace

from adapters.openwebui.host_tools import offered_names
from domain.conversation.namespace import namespace_of
from domain.request.turn_request import Caller, Parameters
from entrypoints.core.caller_request import CallerHistory, CallerNames, CallerRequest, CallerTools
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.openwebui.attached_files import with_names
from entrypoints.openwebui.history_format import OPEN_WEBUI
from entrypoints.openwebui.host_call import HostCall
from entrypoints.openwebui.shown_uses import without_uses
from entrypoints.openwebui.task_answers import MERGED_ANSWER
from entrypoints.openwebui.tool_mode import PIPELINE, ToolMode
from ports.catalog import Model


def asked_of(
    call: HostCall,
    models: tuple[Model, ...] = (),
    *,
    turn_id: str = "",
    function_id: str = "",
    mode: ToolMode = PIPELINE,
    ours: frozenset[str] = frozenset(),
    attaches: bool = False,
) -> CallerRequest:
    """Return the request; if the body is invalid, it only names the caller and the model.

    `models`: the catalog as known now. `function_id`: the function whose memory the turn shares. `ours`: names of tools
    in the request that are not the caller's own. `attaches`: files that the host left to the model are sent.
    """
    body = call.body
    if not isinstance(body, CompletionsBody):
        return CallerRequest(call.model.name, caller=call.caller, person=call.person)
    in_page = call.caller is Caller.PAGE
    return CallerRequest(
        call.model.among(models),
        with_names(without_uses(body.messages), call.pictures),
        _without(body.parameters(), ours),
        stream=call.stream,
        caller=call.caller,
        person=call.person,
        task=call.task,
        turn_id=turn_id,
        history=CallerHistory(namespace_of(function_id), in_page, OPEN_WEBUI),
        statuses=in_page,
        opens_files=in_page or call.task == MERGED_ANSWER,
        tools=CallerTools(
            mode.host,
            mode.host_only,
            offer_search=in_page and not call.tools.searches,
            offer_server_tools=in_page,
            served=call.tools.served,
        ),
        attached=call.attached if attaches else (),
        names=CallerNames(call.email, call.name, f"{function_id}." if function_id else ""),
    )


def _without(parameters: Parameters, names: frozenset[str]) -> Parameters:
    kept = tuple(tool for tool in parameters.tools if not names.intersection(offered_names([tool])))
    return parameters if len(kept) == len(parameters.tools) else replace(parameters, tools=kept)
