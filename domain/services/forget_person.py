"""Forget a person: everything turns of theirs have left is deleted."""

from ports.artifacts import Artifacts

BATCH = 500


async def forget_person(artifacts: Artifacts, namespace: str, user_id: str) -> int:
    """Delete all artifacts of one owner, in batches; return how many. Raises ArtifactsError, ValueError without id."""
    if not user_id:
        raise ValueError("user_id: empty")
    total = 0
    while done := await artifacts.delete_person(namespace, user_id, BATCH):
        total += done
    return total
