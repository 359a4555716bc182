"""The lasting key of digests that are looked up, where no file can hold it: kept in the store, sealed."""

import json

from ports.cipher import Cipher
from ports.lookup_keys import LookupKeys


async def lasting_lookup_key(keys: LookupKeys, cipher: Cipher, namespace: str, fresh: bytes | None) -> bytes | None:
    """Return the key of a namespace; `fresh` becomes it where there is none. `cipher` must have a key.

    Without `fresh` nothing is written, and there may be no key.

    A key that an older key sealed is sealed anew, so that the older one may leave the settings. Raises CannotOpen, as
    no other key may take its place: everything keyed with it would be lost; and LookupKeysUnavailable.
    """
    bond = json.dumps([namespace, "lookup_key"])
    if fresh is None:
        kept = await keys.read(namespace)
    else:
        kept = await keys.read_or_insert(namespace, cipher.seal(fresh, secret=True, bound=bond))
    if kept is None:
        return None
    raw = cipher.open(kept, bound=bond)
    if fresh is not None and kept.key_id != cipher.key_id:
        await keys.reseal(namespace, kept, cipher.seal(raw, secret=True, bound=bond))
    return raw
