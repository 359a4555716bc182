"""The request to a model that only draws: its prompt is the person's newest message, with the pictures in it.

Nothing else of a chat has a place there: no system prompt, no history, no tools, no reasoning. Source: the request
model of the official SDK, image generation; ADR 0047.
"""

from dataclasses import fields

from domain.catalog.picture_models import options_of
from domain.conversation.calls_as_text import is_persons
from domain.conversation.resolved_parts import is_note
from domain.faults.causes import DrawingFlaw, MessagesFlaw
from domain.faults.fault import Fault, FaultKind
from domain.request.drawing_options import drawing_options
from domain.request.identifiers import identified
from domain.request.lost import lost
from domain.request.passed import passed_of
from domain.request.routing import provider_of
from domain.request.turn_request import Caller, Parameters, TurnRequest
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest

REFERENCES = "input_references"
MOST_REFERENCES = 16
"""Pictures sent along if the catalog does not say how many a model takes."""
PROVIDER = ("order", "only", "ignore", "allow_fallbacks", "sort", "options")
"""The keys of `provider` that a request to draw has. It knows no privacy and no prices."""
_READ = frozenset(
    {"drawing", "image_config", "chat_only", "provider", "passed", "modalities", "ignored", "server_tools"}
)
_NOTHING: tuple[object, ...] = (None, (), {})


def drawing_request(
    request: TurnRequest, slug: str, model: Model, items: tuple[JsonObject, ...]
) -> tuple[UpstreamRequest, tuple[str, ...]] | Fault:
    """Build the request of one turn; return it with the names of what it leaves out.

    A Fault for a background task, for a message without words, and if only providers may be used that keep no data:
    such a request cannot ask for them. `items`: the history, translated for this model.
    """
    asked = request.parameters
    if request.caller is Caller.TASK:
        return Fault(FaultKind.FILTERED_MODEL, cause=DrawingFlaw.WRITES_NOTHING)
    provider = provider_of(asked.provider, request.routing) or {}
    if provider.get("zdr") or provider.get("data_collection") == "deny":
        return Fault(FaultKind.FILTERED_MODEL, cause=DrawingFlaw.NO_PRIVACY)
    parts: list[JsonObject] = next((item["content"] for item in reversed(items) if is_persons(item)), [])
    words = [part for part in parts if part["type"] == "input_text" and not is_note(part)]
    if not words:
        return Fault(FaultKind.BAD_MESSAGES, cause=MessagesFlaw.NOTHING_TO_SEND)
    references = _references(parts, model)
    options, unused = drawing_options(asked, options_of(model))
    passed, bad_fields = passed_of({"trace": asked.passed.get("trace")}, slug, tools=False)
    ids = identified(request.person, request.identifiers, request.route.api_key)
    kept = {name: provider[name] for name in PROVIDER if name in provider}
    body = ResponsesBody(
        slug,
        ({"type": "message", "role": "user", "content": [*map(_bare, words), *references]},),
        stream=request.stream and model.pictures is not None and model.pictures.streams and options.get("n", 1) == 1,
        image_config=options or None,
        provider=kept or None,
        user=ids.user,
        session_id=ids.session_id,
        trace=passed.get("trace"),
    )
    media = [part["type"] for part in parts if part["type"] != "input_text"]
    dropped = [kind for kind in dict.fromkeys(media) if kind != "input_image" or media.count(kind) > len(references)]
    left_out = (*_unsent(asked), *unused, *lost(asked.provider, kept or None, "provider"), *bad_fields, *dropped)
    return UpstreamRequest(body, Endpoint.IMAGES), tuple(dict.fromkeys(left_out))


def _references(parts: list[JsonObject], model: Model) -> list[JsonObject]:
    """Return the pictures to send along, the last ones if there are too many; none if the model takes none."""
    accepted = options_of(model)
    if accepted is None:
        most = MOST_REFERENCES if "image" in model.input_modalities else 0
    else:
        option = accepted.get(REFERENCES)
        most = 0 if option is None else option.most if option.most is not None else MOST_REFERENCES
    pictures = [part for part in parts if part["type"] == "input_image" and "image_url" in part]
    return pictures[max(0, len(pictures) - most) :]


def _bare(part: JsonObject) -> JsonObject:
    """Return a text without a mark for a prompt cache."""
    return {"type": part["type"], "text": part["text"]}


def _unsent(asked: Parameters) -> list[str]:
    """Return the names of requested parameters for which a request to draw has no place."""
    left = [name for name in asked.ignored if name not in asked.drawing]
    left += [one.name for one in fields(asked) if one.name not in _READ and getattr(asked, one.name) not in _NOTHING]
    return [*left, *(name for name in (*asked.chat_only, *asked.passed) if name not in ("seed", "trace"))]
