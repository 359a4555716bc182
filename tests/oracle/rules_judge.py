"""Judges a request by the written rules of the service: what its schema cannot express, against the catalog."""

from typing import Any

from tests.oracle.rules.answer_format import answer_format_complaints
from tests.oracle.rules.envelope import envelope_complaints
from tests.oracle.rules.facts import Facts
from tests.oracle.rules.order import conversation_complaints
from tests.oracle.rules.reasoning import reasoning_complaints
from tests.oracle.rules.routing import routing_complaints
from tests.oracle.rules.sampling import sampling_complaints
from tests.oracle.rules.tools import tool_complaints
from tests.oracle.rules.values import value_complaints


def judge(body: dict[str, Any], model_entry: dict[str, Any] | None) -> list[str]:
    """Return a complaint for every broken rule, beginning with its section of the reference.

    Without a catalog entry (an unlisted model), rules that depend on the model are skipped.
    """
    slug = model_entry["id"] if model_entry else str(body.get("model", ""))
    facts = Facts(slug=slug, entry=model_entry)
    return [
        *value_complaints(body),
        *envelope_complaints(body, facts),
        *sampling_complaints(body, facts),
        *reasoning_complaints(body, facts),
        *tool_complaints(body, facts),
        *answer_format_complaints(body, facts),
        *routing_complaints(body),
        *conversation_complaints(body, facts),
    ]
