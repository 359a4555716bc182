"""Which models are offered, and how a requested name finds its entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.offer import Offer, with_variants
from domain.catalog.offer import offered as on_offer
from domain.catalog.selection import Listed, dotted, find, is_selected, named, resolved, slug_of
from ports.catalog import Model

MODELS = tuple(
    Model(slug, name)
    for slug, name in (
        ("openai/gpt-4o", "gpt-4o"),
        ("openai/gpt-4o-2024-08-06", "GPT-4o (dated)"),
        ("anthropic/claude", "Claude"),
        ("maker/model:free", "Model (free)"),
    )
)


def offered(selection: str) -> list[str]:
    return [model.id for model in MODELS if is_selected(model.id, selection)]


@pytest.mark.parametrize("selection", ["auto", "", " AUTO ", "openai/gpt-4o, auto"])
def test_everything_is_offered_by_default(selection):
    assert offered(selection) == [model.id for model in MODELS]


@pytest.mark.parametrize("selection", ["openai/gpt-4o", "openai.gpt-4o", " other/x ,\n openai/gpt-4o ,"])
def test_a_name_offers_exactly_its_model(selection):
    assert offered(selection) == ["openai/gpt-4o"]


def test_a_pattern_offers_every_model_it_matches():
    assert offered("openai/*, *:free") == ["openai/gpt-4o", "openai/gpt-4o-2024-08-06", "maker/model:free"]


def test_a_selection_that_matches_nothing_offers_nothing():
    assert offered("nobody/nothing") == []


def test_a_selection_admits_what_it_names_and_nothing_else():
    assert is_selected("openai/gpt-4o", "openai.gpt*")
    assert not is_selected("openai/gpt-4o-2024-08-06", "openai/gpt-4o")


@pytest.mark.parametrize("requested", ["openai/gpt-4o-2024-08-06", "openai.gpt-4o-2024-08-06"])
def test_a_dated_edition_is_found_by_its_exact_name(requested):
    found = find(requested, MODELS)
    assert found is not None
    assert found.id == "openai/gpt-4o-2024-08-06"


def test_an_exact_name_wins_over_an_alias():
    models = (Model("a/b.c", "alias"), Model("a.b.c", "exact"))
    found = find("a.b.c", models)
    assert found is not None
    assert found.name == "exact"


def test_an_unknown_name_is_not_found():
    assert find("gpt", MODELS) is None


@pytest.mark.parametrize(
    ("requested", "slug"),
    [("new/model", "new/model"), ("new.model-1.5", "new/model-1.5"), ("~new/model.x", "~new/model.x"), ("gpt", "gpt")],
)
def test_a_name_outside_the_list_becomes_a_slug(requested, slug):
    assert slug_of(requested) == slug


VERSIONED = Model("maker/chat", "Chat", canonical_slug="maker/chat-2026")


@pytest.mark.parametrize(
    ("requested", "slug", "model"),
    [
        ("maker/chat", "maker/chat", VERSIONED),
        ("maker.chat", "maker/chat", VERSIONED),
        ("maker/chat-2026", "maker/chat-2026", VERSIONED),
        ("maker.chat-2026", "maker/chat-2026", VERSIONED),
        ("maker/other", "maker/other", None),
    ],
)
def test_the_name_of_a_version_is_sent_as_it_is_with_what_is_known_of_its_model(requested, slug, model):
    assert resolved(requested, (*MODELS, VERSIONED)) == (slug, model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_alias_maps_back_to_its_slug(model):
    assert find(dotted(model.id), MODELS) is model


SLUGS = st.sampled_from(("a/b.c", "a.b.c", "a/b/c", "a.b/c", "a/b", "a.b", "a/b:free", "a/v1", "a/v2", ""))


@given(st.lists(st.builds(Model, SLUGS, st.just("m"), canonical_slug=SLUGS), max_size=6), SLUGS)
def test_the_index_of_a_list_finds_what_reading_the_list_finds(models, name):
    listed, read = Listed(models), tuple(models)
    assert find(name, listed) is find(name, read)
    assert named(name, listed) is named(name, read)
    assert resolved(name, listed) == resolved(name, read)


def test_the_variants_of_a_list_are_added_once():
    listed = Listed(MODELS)
    assert with_variants(listed, ("openai/gpt-4o:nitro",)) is with_variants(listed, ("openai/gpt-4o:nitro",))
    assert with_variants(listed, ()) is listed
    assert find("anthropic/claude:nitro", with_variants(listed, ("anthropic/claude:nitro",))) is not None
    assert find("anthropic/claude:nitro", with_variants(listed, ("openai/gpt-4o:nitro",))) is None


NAMES = st.sampled_from(
    (
        "",
        "a",
        "a/b",
        "A/B",
        "a.b",
        "a/b:free",
        "a/b:nitro",
        "a.b:nitro",
        "a/b-2026-01-02",
        "a.b-2026-01-02",
        "a/b.c",
        "a.b.c",
    )
)
ENTRIES = st.lists(
    st.builds(
        Model, NAMES, st.sampled_from(("m", "M")), canonical_slug=NAMES, output_modalities=st.just(frozenset({"text"}))
    ),
    max_size=7,
)
WANTED = st.lists(
    st.lists(st.sampled_from(("a/b:nitro", "a/b:free", "a/b@preset/x", "A/B:nitro", "a/b", "")), max_size=3)
)


@given(ENTRIES, WANTED, NAMES)
def test_an_index_answers_as_the_list_does_whatever_variants_were_asked_for_before(models, wanted, name):
    listed = Listed(models)
    for variants in map(tuple, wanted):
        varied, read = with_variants(listed, variants), with_variants(tuple(models), variants)
        assert varied == read
        for asked in (name, *variants, *(dotted(variant) for variant in variants)):
            assert find(asked, varied) is find(asked, varied[:]) == find(asked, read)
            assert named(asked, varied) is named(asked, varied[:]) == named(asked, read)
            assert resolved(asked, varied) == resolved(asked, read)
        assert on_offer(listed, Offer(variants=variants)) == on_offer(models, Offer(variants=variants))
    assert tuple(listed) == tuple(models)
