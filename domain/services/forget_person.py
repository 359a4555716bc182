"""Forget a person: delete everything their turns have stored, and take their name off what they spent."""

from ports.artifacts import ArtifactRetention
from ports.ledger import LedgerUpkeep
from ports.retention import RetainedRows
from ports.tool_runs import ToolRunRetention

BATCH = 500


async def forget_person(
    artifacts: ArtifactRetention,
    tool_runs: ToolRunRetention,
    namespace: str,
    user_id: str,
    ledger: LedgerUpkeep | None = None,
) -> int:
    """Delete all artifacts and tool runs of one owner in batches; return the number of rows.

    The entries of the ledger stay, without the ids of the person, the chats and the messages; they count too.
    Raises ArtifactsError, ToolRunsUnavailable, LedgerUnavailable, and ValueError for an empty id.
    """
    if not user_id:
        raise ValueError("user_id: empty")
    total = 0
    stores: tuple[RetainedRows, ...] = (artifacts, tool_runs)
    for store in stores:
        while done := await store.delete_person(namespace, user_id, BATCH):
            total += done
    while ledger is not None and (done := await ledger.anonymise(namespace, user_id, BATCH)):
        total += done
    return total
