"""The table of item types is complete: every type of the SDK is in it, and nothing else."""

import re
import typing
from importlib.metadata import version

import pytest
from openrouter.components import inputs_union
from openrouter.components.outputitems import _OUTPUT_ITEMS_VARIANTS

from domain.conversation.item_types import ITEM_TYPES, SDK, Replay
from ports.responses import OWN_TYPES

GONE = {"compaction", "context_compaction"}


def input_types(alias: typing.Any = inputs_union.InputsUnion1) -> set[str]:
    """The types of all items that the SDK accepts as input."""
    found: set[str] = set()
    for one in typing.get_args(getattr(alias, "__value__", alias)):
        if "type" in getattr(one, "model_fields", {}):
            found |= set(re.findall(r"'([^']+)'", str(one.model_fields["type"].annotation)))
        else:
            found |= input_types(one)
    return found


def test_the_table_is_that_of_the_installed_sdk():
    assert version("openrouter") == SDK


def test_every_item_that_upstream_sends_or_accepts_is_in_the_table():
    assert set(ITEM_TYPES) == set(_OUTPUT_ITEMS_VARIANTS) | input_types()


@pytest.mark.parametrize("kind", ITEM_TYPES)
def test_only_what_upstream_accepts_goes_back_and_every_refusal_has_its_reason(kind):
    treatment = ITEM_TYPES[kind]
    goes_back = treatment.replay in (Replay.OWN, Replay.ANY_MODEL, Replay.SAME_MAKER)
    assert goes_back is not bool(treatment.reason)
    assert not goes_back or kind in input_types()
    assert (treatment.replay is Replay.ANY_MODEL) is kind.startswith(OWN_TYPES)
