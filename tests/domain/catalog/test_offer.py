"""Which of upstream's models are offered, and why the others are not: every filter fails closed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.offer import Filter, Objection, Offer, base_of, objections_to, offered, with_variants
from domain.catalog.support import is_free
from ports.catalog import Model
from tests.examples import examples

TOOLS = frozenset({"tools"})
PAID = Model("maker/paid", "Paid", supported_parameters=TOOLS, canonical_slug="maker/paid-20260101")
FREE = Model("maker/free", "Free", listed_prices=(Decimal(0),))
TAGGED = Model("maker/paid:free", "Paid (free)", listed_prices=(Decimal(0),), supported_parameters=TOOLS)
PAINTER = Model("maker/painter", "Painter", output_modalities=frozenset({"image"}))
MODELS = (PAID, FREE, TAGGED, PAINTER)


def ids(offer: Offer) -> list[str]:
    return [model.id for model in offered(MODELS, offer)]


OFFERS = {
    "everything that writes": (Offer(), ["maker/free", "maker/paid", "maker/paid:free"]),
    "selected": (Offer(selection="maker/free"), ["maker/free"]),
    "selection covers variants": (Offer(selection="maker/paid"), ["maker/paid", "maker/paid:free"]),
    "selection of a variant": (Offer(selection="maker/paid:free"), ["maker/paid:free"]),
    "selection of nothing": (Offer(selection="nobody/x"), []),
    "only free": (Offer(free=Filter.ONLY), ["maker/free", "maker/paid:free"]),
    "no free": (Offer(free=Filter.EXCLUDE), ["maker/paid"]),
    "only with tools": (Offer(tools=Filter.ONLY), ["maker/paid", "maker/paid:free"]),
    "without tools": (Offer(tools=Filter.EXCLUDE), ["maker/free"]),
    "off": (Offer(disabled="maker.free"), ["maker/paid", "maker/paid:free"]),
    "off with its variants": (Offer(disabled="maker/paid"), ["maker/free"]),
    "one variant off": (Offer(disabled="maker/paid:free"), ["maker/free", "maker/paid"]),
    "off by pattern": (Offer(disabled="maker/*"), []),
    "nothing is off": (Offer(disabled=" , "), ["maker/free", "maker/paid", "maker/paid:free"]),
    "keeps nothing": (Offer(zero_retention=frozenset({"maker/free"})), ["maker/free"]),
    "keeps nothing by its dated name": (
        Offer(zero_retention=frozenset({"maker/paid-20260101"})),
        ["maker/paid"],
    ),
    "retention unknown": (Offer(zero_retention=frozenset()), []),
    "variant": (
        Offer(selection="maker/free*", variants=("maker/free:nitro",)),
        ["maker/free", "maker/free:nitro"],
    ),
}


@pytest.mark.parametrize(("offer", "expected"), OFFERS.values(), ids=OFFERS)
def test_only_models_that_pass_every_filter_are_offered(offer, expected):
    assert sorted(ids(offer)) == expected


OBJECTIONS = {
    "disabled": (Offer(disabled="maker/paid"), Objection.DISABLED),
    "selection": (Offer(selection="nobody/x"), Objection.NOT_SELECTED),
    "free only": (Offer(free=Filter.ONLY), Objection.NOT_FREE),
    "no free ones": (Offer(free=Filter.EXCLUDE), Objection.FREE),
    "tools": (Offer(tools=Filter.EXCLUDE), Objection.TOOL_CALLING),
    "retention": (Offer(zero_retention=frozenset()), Objection.KEEPS_DATA),
}


@pytest.mark.parametrize(("offer", "objection"), OBJECTIONS.values(), ids=OBJECTIONS)
def test_each_filter_has_an_objection_of_its_own(offer, objection):
    model = FREE if objection is Objection.FREE else PAID
    assert objections_to(model.id, model, offer) == (objection,)


def test_every_objection_is_named():
    offer = Offer("nobody/x", "maker/*", Filter.ONLY, Filter.EXCLUDE, frozenset())
    assert len(objections_to(PAID.id, PAID, offer)) == 5


@pytest.mark.parametrize(
    ("offer", "refused"),
    [
        (Offer(selection="nobody/x"), False),
        (Offer(tools=Filter.EXCLUDE), False),
        (Offer(free=Filter.ONLY), True),
        (Offer(zero_retention=frozenset()), True),
        (Offer(disabled="maker/paid"), True),
    ],
    ids=["selection", "tools", "price", "retention", "switched off"],
)
def test_background_task_is_bound_only_by_price_privacy_and_disabled_models(offer, refused):
    assert bool(objections_to(PAID.id, PAID, offer, chosen_by_person=False)) is refused


@pytest.mark.parametrize(
    ("slug", "offer", "refused"),
    [
        ("new/model", Offer(), False),
        ("new/model", Offer(free=Filter.ONLY), True),
        ("new/model:free", Offer(free=Filter.ONLY), False),
        ("new/model:free", Offer(free=Filter.EXCLUDE), True),
        ("new/model:nitro", Offer(disabled="new/model"), True),
        ("new/model@preset/x", Offer(disabled="new/model"), True),
        ("new/model", Offer(zero_retention=frozenset({"maker/paid"})), True),
        ("new/model:nitro", Offer(zero_retention=frozenset({"new/model"})), False),
    ],
)
def test_model_outside_the_list_is_judged_by_its_name_alone(slug, offer, refused):
    assert bool(objections_to(slug, None, offer)) is refused


# --- variants ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "name"),
    [("maker/paid:nitro", "Paid Nitro"), ("maker/paid:online", "Paid Online"), ("maker/paid@preset/x", "Paid (x)")],
)
def test_variant_is_its_base_with_another_name_and_id(variant, name):
    assert with_variants((PAID,), (variant,))[-1] == replace(PAID, id=variant, name=name)


def test_free_variant_is_free():
    model = with_variants((PAID,), ("maker/paid:free",))[-1]
    assert is_free(model.id, model)


@pytest.mark.parametrize("variant", ["nobody/x:nitro", "maker/paid:odd", "maker/paid", "maker/paid@preset/", ":nitro"])
def test_variant_that_names_nothing_known_adds_nothing(variant):
    assert with_variants((PAID,), (variant,)) == (PAID,)


def test_variant_that_upstream_lists_is_not_replaced():
    assert with_variants(MODELS, ("maker/paid:free",)) == MODELS


@pytest.mark.parametrize(
    ("slug", "base"),
    [
        ("a/b", "a/b"),
        ("a/b:free", "a/b"),
        ("a/b:free:online", "a/b"),
        ("a/b:free@preset/x", "a/b"),
        ("a/b@preset/x", "a/b"),
    ],
)
def test_base_of_a_slug_has_neither_tag_nor_preset(slug, base):
    assert base_of(slug) == base


OFFER = st.builds(
    Offer,
    st.sampled_from(["auto", "maker/p*", "maker/free", ""]),
    st.sampled_from(["", "maker/paid", "*:free"]),
    st.sampled_from(Filter),
    st.sampled_from(Filter),
    st.none() | st.just(frozenset({"maker/free"})) | st.just(frozenset()),
    st.just(()) | st.just(("maker/free:nitro", "odd")),
)


@examples(20)
@given(OFFER)
def test_offered_models_have_no_objection_and_all_others_have_one(offer):
    shown = {model.id for model in offered(MODELS, offer)}
    for model in with_variants(MODELS, offer.variants):
        refused = bool(objections_to(model.id, model, offer)) or model is PAINTER
        assert (model.id in shown) is not refused
