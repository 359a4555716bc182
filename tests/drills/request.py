"""Thousands of chat bodies through the request builder, each judged three times.

Every model of the judges' catalog gets at least 50 random bodies; in addition there are 50 histories of 500 messages. A
body that cannot become a request must be rejected with a fault that names the field; all others must pass all judges.
One that asks for several answers is judged again for one.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from adapters.openrouter.catalog.models import read_model
from domain.faults.causes import AskedFor
from domain.faults.fault import Fault
from domain.request.body import build
from domain.request.turn_request import Caller, Prompting, Thinking, TurnRequest
from entrypoints.openai.completions_body import read_completions_body
from entrypoints.openai.errors import detail_of
from entrypoints.sentences.faults import happened
from ports.responses import Route
from tests.adapters.openrouter.serialised import serialise_body
from tests.oracle.rules.facts import ENTRIES
from tests.oracle.strategies import bodies, drawn, long_histories
from tests.oracle.verdict import verdict

ROUTE = Route("https://upstream.example/api/v1", "sk-or-v1-drill")
CATALOG = {slug: read_model(entry) for slug, entry in ENTRIES.items()}
SHOWN = 12


@dataclass
class Figures:
    """The counts of a drill; `misses` contains complaints with their bodies."""

    judged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    per_model: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


def sent(body: dict[str, Any], slug: str) -> dict[str, Any] | Fault:
    """Return the request for a client's body, decoded from its bytes."""
    read = read_completions_body(body)
    if isinstance(read, Fault):
        return read
    request = TurnRequest(
        slug,
        tuple(read.messages),
        ROUTE,
        caller=Caller.API,
        parameters=read.parameters(),
        thinking=Thinking(),
        prompting=Prompting(trim=True),
    )
    prepared = build(request, slug, CATALOG[slug], known=frozenset(ENTRIES))
    if isinstance(prepared, Fault):
        return prepared
    decoded: dict[str, Any] = json.loads(serialise_body(prepared.request.body))
    return decoded


def judge(body: dict[str, Any], slug: str, figures: Figures) -> None:
    """Build one body and count the verdict."""
    figures.per_model[slug] += 1
    result = sent(body, slug)
    if isinstance(result, Fault):
        figures.refused[result.kind.value] += 1
        if not _names_what(result):
            figures.misses.append(("a refusal that names nothing", slug, body))
        if result.cause is AskedFor.SEVERAL_ANSWERS:
            judge({**body, "n": 1}, slug, figures)
        return
    figures.judged += 1
    figures.misses += [(complaint, slug, body) for complaint in verdict(result, ENTRIES[slug])]


def _names_what(refusal: Fault) -> bool:
    """Return whether the caller reads what is wrong: in the details, or in sentences that only this cause has."""
    return bool(detail_of(refusal)) or happened(refusal) != happened(Fault(refusal.kind))


def cases(per_model: int, histories: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield bodies with their models; the same in every run."""
    for number, slug in enumerate(sorted(ENTRIES)):
        for body in drawn(bodies(slug), per_model, number):
            yield body, slug
    slugs = sorted(ENTRIES)
    for number in range(histories):
        slug = slugs[number % len(slugs)]
        yield drawn(long_histories(slug), 1, 10_000 + number)[0], slug


def main() -> int:
    """Run the drill; return 0 if no judge complained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-model", type=int, default=50)
    parser.add_argument("--histories", type=int, default=50)
    options = parser.parse_args()
    figures, began = Figures(), time.monotonic()
    for body, slug in cases(options.per_model, options.histories):
        judge(body, slug, figures)
    print(f"bodies drawn           {figures.per_model.total()}")
    print(f"models                 {len(figures.per_model)}, each at least {min(figures.per_model.values())} times")
    print(f"judged by three        {figures.judged}")
    print(f"refused by name        {figures.refused.total()} {dict(figures.refused)}")
    print(f"complaints             {len(figures.misses)}")
    print(f"seconds                {time.monotonic() - began:.1f}")
    kinds = Counter(complaint[:110] for complaint, _, _ in figures.misses)
    for complaint, count in kinds.most_common(SHOWN):
        example = next(miss for miss in figures.misses if miss[0].startswith(complaint[:110]))
        print(f"  {count:5}  {complaint}  (such as {example[1]})")
    return 1 if figures.misses else 0


if __name__ == "__main__":
    sys.exit(main())
