"""The table of item types is complete: every type of the SDK is in it, and nothing else."""

import re
import typing
from importlib.metadata import version

import pytest
from openrouter.components import inputs_union
from openrouter.components.outputitems import _OUTPUT_ITEMS_VARIANTS

from domain.conversation.item_types import ITEM_TYPES, SDK, Replay
from domain.conversation.server_items import REQUIRED
from ports.responses import OWN_TYPES
from tests.tables import each

GONE = {"compaction", "context_compaction"}


def inputs(alias: typing.Any = inputs_union.InputsUnion1) -> dict[str, typing.Any]:
    """The fields of all items that the SDK accepts as input, by their types."""
    found: dict[str, typing.Any] = {}
    for one in typing.get_args(getattr(alias, "__value__", alias)):
        if "type" in (fields := getattr(one, "model_fields", {})):
            found |= dict.fromkeys(re.findall(r"'([^']+)'", str(fields["type"].annotation)), fields)
        else:
            found |= inputs(one)
    return found


def input_types() -> set[str]:
    return set(inputs())


def test_the_table_is_that_of_the_installed_sdk():
    assert version("openrouter") == SDK


def test_every_item_that_upstream_sends_or_accepts_is_in_the_table():
    assert set(ITEM_TYPES) == set(_OUTPUT_ITEMS_VARIANTS) | input_types()


@each("kind", ITEM_TYPES)
def test_only_what_upstream_accepts_goes_back_and_every_refusal_has_its_reason(kind):
    treatment = ITEM_TYPES[kind]
    goes_back = treatment.replay in (Replay.OWN, Replay.ANY_MODEL, Replay.SAME_MAKER)
    assert goes_back is not bool(treatment.reason)
    assert not goes_back or kind in input_types()
    assert (treatment.replay is Replay.ANY_MODEL) is kind.startswith(OWN_TYPES)


SENT = [kind for kind, one in ITEM_TYPES.items() if one.replay in (Replay.ANY_MODEL, Replay.SAME_MAKER)]


@pytest.mark.parametrize("kind", SENT)
def test_an_item_without_what_the_sdk_requires_of_it_does_not_go_back(kind):
    fields = inputs()[kind]
    required = {one.alias or name for name, one in fields.items() if one.is_required()}
    assert {*REQUIRED.get(kind, ()), "type", "status"} == required | {"status"}
