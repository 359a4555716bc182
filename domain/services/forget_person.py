"""Forget a person: everything turns of theirs have left is deleted."""

from ports.artifacts import Artifacts
from ports.tool_runs import ToolRuns

BATCH = 500


async def forget_person(artifacts: Artifacts, tool_runs: ToolRuns, namespace: str, user_id: str) -> int:
    """Delete all artifacts and tool runs of one owner, in batches; return how many rows.

    Raises ArtifactsError, ToolRunsUnavailable, ValueError without id.
    """
    if not user_id:
        raise ValueError("user_id: empty")
    total = 0
    stores: tuple[Artifacts | ToolRuns, ...] = (artifacts, tool_runs)
    for store in stores:
        while done := await store.delete_person(namespace, user_id, BATCH):
            total += done
    return total
