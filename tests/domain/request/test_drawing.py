"""A request to a model that only draws: the newest message, its pictures, and the options that the model accepts."""

import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openrouter.components import (
    ImageGenerationProviderPreferences,
    ImageGenerationRequest,
    ImageGenerationRequestAspectRatio,
    ImageGenerationRequestBackground,
    ImageGenerationRequestOutputFormat,
    ImageGenerationRequestQuality,
    ImageGenerationRequestResolution,
)

from adapters.openrouter.images.request_body import images_fields
from adapters.openrouter.wire.request_body import serialise
from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.conversation.placeholders import left_out
from domain.conversation.resolved_parts import note
from domain.faults.causes import DrawingFlaw, MessagesFlaw
from domain.faults.fault import Fault
from domain.request.body import Prepared, build
from domain.request.drawing import PROVIDER, REFERENCES
from domain.request.drawing_options import NAMES, WORDS
from domain.request.endpoint import endpoint_of, may_change
from domain.request.turn_request import (
    Caller,
    EndpointChoice,
    Identifiers,
    Parameters,
    Person,
    Routing,
    Thinking,
    TurnRequest,
)
from ports.catalog import Model, PictureOption, Pictures
from ports.responses import Endpoint, ResponsesBody, Route

SLUG, PIXEL = "maker/painter", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"
OPTIONS = (
    PictureOption("aspect_ratio", values=("1:1", "16:9", "auto")),
    PictureOption("resolution", values=("1K", "2K")),
    PictureOption("quality", values=("low", "high", "ultra")),
    PictureOption("output_format", values=("png", "jpeg", "svg")),
    PictureOption("background"),
    PictureOption("output_compression", least=0, most=100),
    PictureOption("n", least=1, most=4),
    PictureOption("seed"),
    PictureOption(REFERENCES, least=0, most=2),
)
PAINTER = Model(
    SLUG,
    "Painter",
    input_modalities=frozenset({"text", "image"}),
    output_modalities=frozenset({"image"}),
    pictures=Pictures(OPTIONS, streams=True),
)
UNDESCRIBED = replace(PAINTER, pictures=Pictures())
REQUEST = TurnRequest(SLUG, ({"role": "user", "content": "A red bridge"},), Route("https://a.example", "key"))


def drawn(request: TurnRequest = REQUEST, model: Model = PAINTER, **asked: Any) -> Prepared:
    prepared = build(replace(request, parameters=Parameters(**asked)), SLUG, model)
    assert isinstance(prepared, Prepared)
    assert prepared.request.endpoint is Endpoint.IMAGES
    return prepared


def refused(request: TurnRequest, **asked: Any) -> Fault:
    fault = build(replace(request, parameters=Parameters(**asked)), SLUG, PAINTER)
    assert isinstance(fault, Fault)
    return fault


def saying(*content: Any) -> TurnRequest:
    return replace(REQUEST, messages=({"role": "user", "content": list(content)},))


def picture(url: str = PIXEL) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def texts(prepared: Prepared) -> list[str]:
    return [part["text"] for part in prepared.request.body.input[0]["content"] if part["type"] == "input_text"]


def references(prepared: Prepared) -> list[str]:
    return [part["image_url"] for part in prepared.request.body.input[0]["content"] if part["type"] == "input_image"]


# --- the prompt -------------------------------------------------------------------------------------------------


def test_a_plain_request_has_only_the_model_and_the_words() -> None:
    part = {"type": "input_text", "text": "A red bridge"}
    body = ResponsesBody(SLUG, ({"type": "message", "role": "user", "content": [part]},))
    assert drawn().request.body == body
    assert drawn().left_out == ()


def test_only_the_newest_message_of_the_person_is_sent() -> None:
    messages = (
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "A fish"},
        {"role": "assistant", "content": f"![image]({PIXEL})"},
        {"role": "user", "content": "A red bridge"},
        {"role": "assistant", "content": "It beg"},
    )
    assert drawn(replace(REQUEST, messages=messages)) == drawn()


def test_what_a_tool_said_before_is_not_taken_for_words_of_the_person() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = (
        {"role": "user", "content": "A red bridge"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "21 degrees"},
    )
    assert drawn(replace(REQUEST, messages=messages)) == drawn()


@pytest.mark.parametrize("messages", [({"role": "system", "content": "Be kind."},), ({"role": "user", "content": ""},)])
def test_without_words_nothing_is_sent(messages: tuple[Any, ...]) -> None:
    assert refused(replace(REQUEST, messages=messages)).cause is MessagesFlaw.NOTHING_TO_SEND
    assert refused(saying(picture())).cause is MessagesFlaw.NOTHING_TO_SEND


def test_marks_of_a_prompt_cache_stay_out() -> None:
    marked = {"type": "text", "text": "A red bridge", "cache_control": {"type": "ephemeral"}}
    assert drawn(saying(marked)) == drawn()


# --- pictures in the message ------------------------------------------------------------------------------------


def test_pictures_of_the_message_go_along_the_last_ones_first_dropped_never() -> None:
    urls = [f"https://a.example/{n}.png" for n in range(3)]
    sent = drawn(saying({"type": "text", "text": "Join them"}, *map(picture, urls)))
    assert (texts(sent), references(sent)) == (["Join them"], urls[1:])
    assert sent.left_out == ("input_image",)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (PAINTER, 1),
        (replace(PAINTER, pictures=Pictures(OPTIONS[:-1])), 0),
        (UNDESCRIBED, 1),
        (replace(UNDESCRIBED, input_modalities=frozenset({"text"})), 0),
        (replace(PAINTER, pictures=Pictures((PictureOption(REFERENCES),))), 1),
    ],
)
def test_a_picture_is_sent_only_to_a_model_that_takes_one(model: Model, count: int) -> None:
    sent = drawn(saying({"type": "text", "text": "Paint it blue"}, picture()), model)
    assert (texts(sent), len(references(sent))) == (["Paint it blue"], count)


def test_no_note_about_media_becomes_part_of_the_prompt() -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
    sent = drawn(saying({"type": "text", "text": "Draw"}, file, picture("ftp://a.example/x")))
    assert (texts(sent), references(sent)) == (["Draw"], [])


@pytest.mark.parametrize("flaw", Flaw)
def test_nothing_is_drawn_from_a_note_about_a_medium_that_is_not_sent(flaw: Flaw) -> None:
    left = note(left_out(LeftOut(Medium.FILE, flaw, "a plan.pdf")))
    assert texts(drawn(saying({"type": "text", "text": "Draw"}, left))) == ["Draw"]
    assert refused(saying(left)).cause is MessagesFlaw.NOTHING_TO_SEND


# --- options ----------------------------------------------------------------------------------------------------

SENT: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "as asked": (
        {"n": 2, "quality": "high", "aspect_ratio": "16:9"},
        {"n": 2, "aspect_ratio": "16:9", "quality": "high"},
        (),
    ),
    "a word that only the catalog knows": ({"quality": "ultra"}, {"quality": "ultra"}, ()),
    "a word that the model does not list": ({"quality": "medium"}, {}, ("quality",)),
    "another case": ({"resolution": "2k"}, {"resolution": "2K"}, ()),
    "more than the model draws": ({"n": 9}, {"n": 4}, ()),
    "none": ({"n": 0}, {}, ("n",)),
    "texts of a form": ({"n": "2", "output_compression": 50.0}, {"n": 2, "output_compression": 50}, ()),
    "no number": ({"n": True, "output_compression": "much"}, {}, ("n", "output_compression")),
    "a general word": ({"background": "opaque"}, {"background": "opaque"}, ()),
    "no general word": ({"background": "pink"}, {}, ("background",)),
    "SVG": ({"output_format": "svg"}, {}, ("output_format",)),
    "transparent JPEG": (
        {"background": "transparent", "output_format": "jpeg"},
        {"output_format": "jpeg"},
        ("background",),
    ),
    "a size as a tier": ({"size": "2K"}, {"resolution": "2K"}, ()),
    "a size as pixels": ({"size": "1024x1024"}, {"aspect_ratio": "1:1"}, ()),
    "a size of a ratio that the model does not list": ({"size": "1000x1001"}, {}, ("size",)),
    "a size beside a ratio": ({"size": "1024x1024", "aspect_ratio": "16:9"}, {"aspect_ratio": "16:9"}, ()),
    "any size": ({"size": "auto"}, {}, ()),
    "nonsense": ({"size": "large"}, {}, ("size",)),
}


@pytest.mark.parametrize(("asked", "sent", "left_out"), SENT.values(), ids=SENT)
def test_options_are_sent_as_the_model_takes_them(
    asked: dict[str, Any], sent: dict[str, Any], left_out: tuple[str, ...]
) -> None:
    prepared = drawn(drawing=asked)
    assert (prepared.request.body.image_config or {}, prepared.left_out) == (sent, left_out)
    config = drawn(image_config=asked)
    assert config.request.body == prepared.request.body
    assert config.left_out == tuple(f"image_config.{name}" for name in left_out)


def test_a_size_in_pixels_is_sent_alone_where_the_model_takes_sizes() -> None:
    sizes = replace(PAINTER, pictures=Pictures((*OPTIONS, PictureOption("size", values=("1024x1024",)))))
    asked = {"size": "1024X1024", "resolution": "2K", "aspect_ratio": "16:9"}
    prepared = drawn(model=sizes, drawing=asked)
    assert prepared.request.body.image_config == {"size": "1024x1024"}
    assert prepared.left_out == ("resolution", "aspect_ratio")
    assert drawn(model=sizes, drawing={"size": "512x512"}).request.body.image_config == {"aspect_ratio": "1:1"}
    assert drawn(model=UNDESCRIBED, drawing={"size": "640x480"}).request.body.image_config == {"size": "640x480"}


def test_what_stands_beside_the_messages_counts_more_than_the_configuration() -> None:
    prepared = drawn(drawing={"n": 3}, image_config={"n": 2, "image_size": "2K", "mood": "dark"})
    assert prepared.request.body.image_config == {"n": 3, "resolution": "2K"}
    assert prepared.left_out == ("image_config.mood",)


def test_the_operators_options_stand_where_the_request_has_none() -> None:
    request = replace(REQUEST, defaults={"image_config": {"quality": "low", "n": 2}, "seed": 7})
    prepared = drawn(request, drawing={"n": 1})
    assert prepared.request.body.image_config == {"n": 1, "seed": 7, "quality": "low"}


def test_a_model_that_accepts_nothing_gets_nothing_and_one_that_is_not_described_gets_all() -> None:
    asked = {"n": 2, "quality": "low"}
    nothing = drawn(model=replace(PAINTER, pictures=Pictures(())), drawing=asked)
    assert (nothing.request.body.image_config, nothing.left_out) == (None, ("n", "quality"))
    assert drawn(model=UNDESCRIBED, drawing=asked).request.body.image_config == asked


@pytest.mark.parametrize(("asked", "stream"), [({}, True), ({"n": 1}, True), ({"n": 2}, False)])
def test_one_picture_is_streamed_by_models_that_can(asked: dict[str, Any], stream: bool) -> None:
    assert drawn(drawing=asked).request.body.stream is stream
    assert drawn(model=UNDESCRIBED, drawing=asked).request.body.stream is False
    assert drawn(replace(REQUEST, stream=False), drawing=asked).request.body.stream is False


# --- the rest of a request --------------------------------------------------------------------------------------


def test_nothing_of_a_chat_is_sent_and_what_was_asked_for_is_named() -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    request = replace(REQUEST, thinking=Thinking(enabled=True))
    prepared = drawn(
        request,
        temperature=0.0,
        max_output_tokens=100,
        tools=(tool,),
        plugins=({"id": "web"},),
        models=("a/b",),
        reasoning={"effort": "high"},
        stop=("x",),
        passed={"trace": {"trace_id": "t"}, "service_tier": "flex"},
        chat_only={"min_p": 0.1},
        modalities=("image", "text"),
        ignored=("n", "store"),
        drawing={"n": 2},
    )
    body = prepared.request.body
    assert body == replace(drawn(drawing={"n": 2}).request.body, trace={"trace_id": "t"})
    named = {"temperature", "max_output_tokens", "tools", "plugins", "models", "reasoning", "stop", "service_tier"}
    assert set(prepared.left_out) == named | {"min_p", "store"}


def test_people_and_chats_are_named_only_as_the_operator_wants() -> None:
    person = Person("u1", "c1", "m1", "s1")
    hidden = drawn(replace(REQUEST, person=person)).request.body
    assert (hidden.user, len(hidden.session_id or "")) == (None, 64)
    named = drawn(replace(REQUEST, person=person, identifiers=Identifiers(True, True, True, True, True))).request.body
    assert (named.user, named.metadata, named.safety_identifier) == ("u1", None, None)


def test_only_the_preferences_that_such_a_request_knows_are_sent() -> None:
    prepared = drawn(
        replace(REQUEST, routing=Routing(order=("one",), ignore=("two",))),
        provider={"sort": "price", "max_price": {"image": "1"}, "quantizations": ["fp8"]},
    )
    assert prepared.request.body.provider == {"order": ["one"], "ignore": ["two"], "sort": "price"}
    assert prepared.left_out == ("provider.max_price", "provider.quantizations")


@pytest.mark.parametrize(
    ("routing", "asked"),
    [
        (Routing(zero_retention=True), {}),
        (Routing(deny_data_collection=True), {}),
        (Routing(), {"provider": {"zdr": True}}),
        (Routing(), {"provider": {"data_collection": "deny"}}),
    ],
)
def test_privacy_that_cannot_be_asked_for_is_a_fault(routing: Routing, asked: dict[str, Any]) -> None:
    assert refused(replace(REQUEST, routing=routing), **asked).cause is DrawingFlaw.NO_PRIVACY


def test_no_picture_is_drawn_for_a_background_task() -> None:
    assert refused(replace(REQUEST, caller=Caller.TASK, task="title_generation")).cause is DrawingFlaw.WRITES_NOTHING


def test_only_such_models_are_called_there_whatever_the_operator_forces() -> None:
    choice = EndpointChoice(Endpoint.CHAT, ("*",), ("maker/*",), fall_back=True)
    assert endpoint_of(SLUG, PAINTER, choice) is Endpoint.IMAGES
    assert endpoint_of(SLUG, replace(PAINTER, pictures=None), choice) is Endpoint.RESPONSES
    assert may_change(SLUG, PAINTER, EndpointChoice()) is False


def test_other_models_get_no_option_that_stands_beside_the_messages_and_it_is_named() -> None:
    prepared = build(replace(REQUEST, parameters=Parameters(drawing={"size": "2K"})), "a/b", Model("a/b", "B"))
    assert isinstance(prepared, Prepared)
    assert prepared.request.body.image_config is None
    assert prepared.left_out == ("size",)


# --- against the official SDK -----------------------------------------------------------------------------------


def wire(prepared: Prepared) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(serialise(images_fields(prepared.request.body)))
    return fields


def test_every_field_of_the_sdk_is_known() -> None:
    around = {"model", "prompt", "stream", "provider", "user", "session_id", "trace", REFERENCES}
    assert set(ImageGenerationRequest.model_fields) == around | set(NAMES)
    assert set(ImageGenerationProviderPreferences.model_fields) == set(PROVIDER)


def test_the_words_are_those_of_the_sdk() -> None:
    unions = {
        "aspect_ratio": ImageGenerationRequestAspectRatio,
        "resolution": ImageGenerationRequestResolution,
        "quality": ImageGenerationRequestQuality,
        "output_format": ImageGenerationRequestOutputFormat,
        "background": ImageGenerationRequestBackground,
    }
    known = {name: set(get_args(get_args(union)[0])) - {"svg"} for name, union in unions.items()}
    assert {name: set(words) for name, words in WORDS.items()} == known


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)
VALUES = st.sampled_from([*(word for words in WORDS.values() for word in words), "1024x768", "512", 3, "auto"])
ASKED = st.dictionaries(st.sampled_from(NAMES), VALUES | ANYTHING, max_size=9)


@given(beside=ASKED, config=ASKED, model=st.sampled_from([PAINTER, UNDESCRIBED]), seed=ANYTHING)
def test_whatever_is_asked_for_the_request_is_one_of_the_sdk(
    beside: dict[str, Any], config: dict[str, Any], model: Model, seed: Any
) -> None:
    request = saying({"type": "text", "text": "A red bridge"}, picture())
    sent = wire(drawn(request, model, drawing=beside, image_config=config, chat_only={"seed": seed}))
    assert ImageGenerationRequest.model_validate(sent, strict=True).model_dump(exclude_unset=True) == sent
    assert sent["prompt"] == "A red bridge"
    assert sent[REFERENCES] == [{"type": "image_url", "image_url": {"url": PIXEL}}]
    assert all(sent[name] in words for name, words in WORDS.items() if name in sent and model is UNDESCRIBED)
