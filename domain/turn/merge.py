"""Join adjacent pieces of one item into one output."""

from domain.turn.steps import ShowReasoning, ShowText, Step


def merged(steps: list[Step]) -> list[Step]:
    """Join neighbouring text pieces of one segment, and neighbouring reasoning; keep everything else in order."""
    if len(steps) < 2:
        return steps
    result: list[Step] = []
    run: list[str] = []
    head: ShowText | ShowReasoning | None = None
    for step in steps:
        if head is not None and type(step) is type(head) and step.segment == head.segment:
            run.append(step.text)
            continue
        if head is not None:
            result.append(_joined(head, run))
            head = None
        if isinstance(step, ShowText | ShowReasoning):
            head, run = step, [step.text]
        else:
            result.append(step)
    if head is not None:
        result.append(_joined(head, run))
    return result


def _joined(head: ShowText | ShowReasoning, run: list[str]) -> Step:
    return head if len(run) == 1 else type(head)(head.segment, "".join(run))
