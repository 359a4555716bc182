"""People can tighten what the operator set for privacy, and never loosen it; short passphrases are named."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.settings import SETTINGS
from entrypoints.settings_snapshot import snapshot

PRIVATE = {row.name: row for row in SETTINGS if row.rule.strictest_first}
CASES = [
    (name, admin, person)
    for name, row in PRIVATE.items()
    for admin, person in product(row.rule.strictest_first, row.rule.strictest_first)
]


def test_every_setting_about_privacy_that_people_may_change_has_an_order() -> None:
    about = {row.name for row in SETTINGS if row.rule.user and ("ZDR" in row.name or row.name.startswith("PERSIST_"))}

    assert about == set(PRIVATE) == {"REQUEST_ZDR", "PERSIST_REASONING_TOKENS", "PERSIST_TOOL_RESULTS"}
    for row in PRIVATE.values():
        assert set(row.rule.strictest_first) == set(row.choices or (True, False))


@given(st.sampled_from(CASES))
def test_of_two_choices_the_stricter_one_counts(case: tuple[str, object, object]) -> None:
    name, admin, person = case
    order = PRIVATE[name].rule.strictest_first

    settings, _ = snapshot({name: admin}, {name: str(person).lower()}, {})

    assert getattr(settings, PRIVATE[name].attribute) == min(admin, person, key=order.index)


@pytest.mark.parametrize("short", ["x", "fifteen letters", "  padded to 16  "])
def test_a_short_passphrase_is_named(short: str) -> None:
    _, problems = snapshot({"ARTIFACT_ENCRYPTION_KEY": short}, None, {})

    (problem,) = problems
    assert problem.text.startswith("ARTIFACT_ENCRYPTION_KEY has fewer than 16 characters and is refused")
    assert short not in problem.text


@pytest.mark.parametrize("fine", ["", "sixteen letters!"])
def test_a_passphrase_of_sixteen_characters_or_none_is_fine(fine: str) -> None:
    assert snapshot({"ARTIFACT_ENCRYPTION_KEY": fine}, None, {})[1] == ()
