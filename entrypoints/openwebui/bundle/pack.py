"""Compress what the single file carries."""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping

WIDTH = 120


def pack(modules: Mapping[str, str], revisions: Mapping[str, str]) -> tuple[str, str, str]:
    """Return digest of the contents, digest of the text, and the text in lines: what makes a `CarriedFiles`.

    Base85 has no blank, no quote and no backslash: no host finds anything to replace in it. The first digest depends
    on the files alone; another zlib may compress them to another text.
    """
    content = json.dumps({"modules": dict(modules), "revisions": dict(revisions)}, sort_keys=True).encode()
    packed = base64.b85encode(zlib.compress(content, 9)).decode()
    lines = "".join(f"{packed[at : at + WIDTH]}\n" for at in range(0, len(packed), WIDTH))
    return hashlib.sha256(content).hexdigest(), hashlib.sha256(packed.encode()).hexdigest(), lines
