"""Forget a person: delete everything their turns have stored."""

from ports.artifacts import ArtifactRetention
from ports.retention import RetainedRows
from ports.tool_runs import ToolRunRetention

BATCH = 500


async def forget_person(artifacts: ArtifactRetention, tool_runs: ToolRunRetention, namespace: str, user_id: str) -> int:
    """Delete all artifacts and tool runs of one owner in batches; return the number of rows.

    Raises ArtifactsError, ToolRunsUnavailable, and ValueError for an empty id.
    """
    if not user_id:
        raise ValueError("user_id: empty")
    total = 0
    stores: tuple[RetainedRows, ...] = (artifacts, tool_runs)
    for store in stores:
        while done := await store.delete_person(namespace, user_id, BATCH):
            total += done
    return total
