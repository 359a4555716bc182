"""Which models are offered, and how a requested name finds its entry."""

import pytest

from domain.catalog.selection import dotted, find, is_selected, resolved, slug_of
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
    assert resolved(requested, iter((*MODELS, VERSIONED))) == (slug, model)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_alias_maps_back_to_its_slug(model):
    assert find(dotted(model.id), MODELS) is model
