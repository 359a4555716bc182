"""Rotate keys: reseal rows of older keys with the newest key, batch by batch.

Old rows stay readable meanwhile; a row that changes in between is left unchanged (law 11).
"""

from collections.abc import Sequence

from domain.services.remember_turn import THINKING, bond_of
from ports.artifacts import Artifact, ArtifactKeyRotation
from ports.cipher import CannotOpen, Cipher, Sealed
from ports.offload import Offload

RESEAL_BYTES = 8 * 1024 * 1024
"""Bytes of rows in one batch, sealed or open: they are in memory several times while they are sealed anew."""


async def reseal_batch(
    artifacts: ArtifactKeyRotation, cipher: Cipher, offload: Offload, namespace: str, after: str, limit: int
) -> tuple[int, str]:
    """Reseal up to `limit` rows with ids greater than `after`; return how many, and the last id read.

    A batch is also bounded in bytes, by RESEAL_BYTES.

    The id is empty at the end. Rows that no key decrypts are skipped. Raises ArtifactsError.
    """
    if not cipher.key_id:
        return 0, ""
    rows = await artifacts.sealed_otherwise(namespace, cipher.key_id, after, limit, RESEAL_BYTES)
    if not rows:
        return 0, ""
    size = sum(len(row.sealed.payload) for row in rows)
    resealed = await offload.run(lambda: _resealed(rows, cipher), size=size)
    done = await artifacts.reseal(namespace, resealed) if resealed else 0
    return done, rows[-1].id


async def rotate_keys(
    artifacts: ArtifactKeyRotation, cipher: Cipher, offload: Offload, namespace: str, *, batch: int = 200
) -> int:
    """Reseal every row that is not sealed with the newest key; return how many rows. For operators.

    Raises ArtifactsError; rows resealed before the error stay resealed.
    """
    total, after = 0, ""
    while True:
        done, after = await reseal_batch(artifacts, cipher, offload, namespace, after, batch)
        total += done
        if not after:
            return total


def _resealed(rows: Sequence[Artifact], cipher: Cipher) -> list[tuple[Artifact, Sealed]]:
    found: list[tuple[Artifact, Sealed]] = []
    for row in rows:
        try:
            plain = cipher.open(row.sealed, bound=bond_of(row))
        except CannotOpen:
            continue
        sealed = cipher.seal(plain, secret=row.kind == THINKING, bound=bond_of(row))
        if sealed.key_id != row.sealed.key_id:
            found.append((row, sealed))
    return found
