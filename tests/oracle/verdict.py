"""The verdict of all three judges on one request."""

from typing import Any

from tests.oracle import rules_judge, schema_judge, sdk_judge

JUDGES = {"sdk": sdk_judge.judge, "schema": schema_judge.judge, "rules": rules_judge.judge}


def verdict(body: dict[str, Any], model_entry: dict[str, Any] | None) -> list[str]:
    """Return every complaint as `judge: text`; an empty list means that the request is accepted.

    `body` is the JSON of POST /responses as sent, `model_entry` the model's catalog entry or None.
    """
    return [f"{name}: {text}" for name, judge in JUDGES.items() for text in judge(body, model_entry)]
