"""Models that only draw are offered beside those of chats, and by the same filters."""

from dataclasses import replace

import pytest

from domain.catalog.capabilities import capabilities
from domain.catalog.offer import Filter, Objection, Offer, objections_to, offered, with_variants
from domain.catalog.picture_models import drawing, options_of, with_drawing
from domain.catalog.support import only_draws
from ports.catalog import Model, PictureOption, Pictures

CHAT = Model("maker/chat", "Chat", output_modalities=frozenset({"text"}))
BOTH = Model("maker/both", "Both", output_modalities=frozenset({"text", "image"}))
PAINTER = Model(
    "maker/painter",
    "Painter",
    input_modalities=frozenset({"text"}),
    output_modalities=frozenset({"image"}),
    supported_parameters=frozenset({"n"}),
    pictures=Pictures((PictureOption("n", least=1, most=4),)),
)


def formats(*names: str) -> Model:
    return replace(PAINTER, pictures=Pictures((PictureOption("output_format", values=names),)))


def test_a_model_of_both_lists_keeps_its_form_for_chats() -> None:
    as_painter = replace(BOTH, pictures=Pictures())
    assert with_drawing((CHAT, BOTH), (as_painter, PAINTER)) == (CHAT, BOTH, PAINTER)


def test_a_model_that_no_chat_can_use_takes_the_form_in_which_it_can_be_used() -> None:
    unusable = replace(PAINTER, pictures=None)
    assert with_drawing((unusable, CHAT), (PAINTER,)) == (CHAT, PAINTER)


def test_without_models_to_add_the_list_is_the_same_object() -> None:
    models = (CHAT, BOTH)
    assert with_drawing(models, (replace(BOTH, pictures=Pictures()),)) is models


@pytest.mark.parametrize(("model", "shown"), [(formats("svg"), False), (formats("svg", "png"), True)])
def test_a_model_whose_pictures_no_page_shows_is_left_out(model: Model, shown: bool) -> None:
    assert (model in with_drawing((CHAT,), (model,))) is shown


def test_models_that_only_draw_are_told_from_the_others() -> None:
    assert drawing((CHAT, PAINTER, BOTH)) == (PAINTER,)
    assert [only_draws(model) for model in (None, CHAT, BOTH, PAINTER)] == [False, False, False, True]


def test_options_that_the_catalog_does_not_describe_differ_from_none() -> None:
    assert options_of(None) is None
    assert options_of(replace(PAINTER, pictures=Pictures())) is None
    assert options_of(replace(PAINTER, pictures=Pictures(()))) == {}


def test_they_are_offered_by_name_and_not_as_variants() -> None:
    offer = Offer(variants=("maker/painter:nitro", "maker/chat:nitro"))
    assert [model.id for model in offered((PAINTER, CHAT), offer)] == [
        "maker/chat",
        "maker/chat:nitro",
        "maker/painter",
    ]
    assert len(with_variants((PAINTER,), offer.variants)) == 1
    assert offered((PAINTER, CHAT), Offer(selection="maker/p*")) == (PAINTER,)
    assert offered((PAINTER, CHAT), Offer(disabled="*.painter")) == (CHAT,)


@pytest.mark.parametrize(
    ("offer", "objections"),
    [
        (Offer(), ()),
        (Offer(free=Filter.ONLY), (Objection.NOT_FREE,)),
        (Offer(tools=Filter.ONLY), (Objection.TOOL_CALLING,)),
        (Offer(tools=Filter.EXCLUDE), ()),
        (Offer(zero_retention=frozenset({"maker/painter"})), (Objection.KEEPS_DATA,)),
    ],
)
def test_the_filters_judge_them_too(offer: Offer, objections: tuple[Objection, ...]) -> None:
    assert objections_to(PAINTER.id, PAINTER, offer) == objections


def test_the_switches_of_their_rows_say_what_they_take() -> None:
    assert capabilities(PAINTER) == {"vision": False, "builtin_tools": False}
    seeing = replace(PAINTER, input_modalities=frozenset({"text", "image"}))
    assert capabilities(seeing)["vision"] is True
